import Foundation

/// The lines of a journal: how one is made and which of a file's are valid.
struct JournalLines {
    static let longestLine = 1 << 20

    /// The objects of the valid lines, without their checksums.
    let objects: [Data]
    /// Where the last valid line ends.
    let validByteCount: Int

    /// Reads lines up to the first one that is torn or damaged.
    init(_ file: Data) {
        var objects: [Data] = []
        var start = file.startIndex
        while let end = file[start...].firstIndex(of: UInt8(ascii: "\n")),
            let object = Self.object(ofLine: file[start..<end])
        {
            objects.append(object)
            start = end + 1
        }
        self.objects = objects
        validByteCount = start - file.startIndex
    }

    /// One object as a line with its checksum and a line break.
    static func line(of value: some Encodable) throws -> Data {
        let object = try BoundedJSON.encodeLine(value)
        precondition(
            object.first == UInt8(ascii: "{"), "a journal's entry is encoded as a JSON object")
        var line = object.dropLast()
        line += object.count > 2 ? separator : separator.dropFirst()
        line += hex(CRC32.of(object))
        line += ending
        line.append(UInt8(ascii: "\n"))
        guard line.count <= longestLine else {
            throw FloeError(
                .internalFailure, "a journal's entry is too long",
                expected: "at most \(longestLine) bytes", got: "\(line.count)")
        }
        return line
    }

    private static let separator = Data(#","crc":""#.utf8)
    private static let ending = Data(#""}"#.utf8)

    /// The object of a line without its line break; nil if the checksum does not fit.
    private static func object(ofLine line: Data) -> Data? {
        let tail = separator.count - 1 + 8 + ending.count
        guard line.count > tail, line.count < longestLine, line.suffix(ending.count) == ending
        else { return nil }
        var object = line.dropLast(tail)
        guard line[object.endIndex...].starts(with: separator.dropFirst()) else { return nil }
        let digits = line[(object.endIndex + separator.count - 1)...].prefix(8)
        if object.last == UInt8(ascii: ",") { object = object.dropLast() }
        let restored = Data(object) + [UInt8(ascii: "}")]
        return digits == hex(CRC32.of(restored)) ? restored : nil
    }

    private static func hex(_ value: UInt32) -> Data {
        let digits = String(value, radix: 16)
        return Data((String(repeating: "0", count: 8 - digits.count) + digits).utf8)
    }
}
