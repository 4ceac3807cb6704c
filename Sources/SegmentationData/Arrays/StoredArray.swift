import CImageIO
import DurableFiles

/// A NumPy array on disk of which parts are read when they are needed.
///
/// An array that is not compressed stays on disk. A deflated one can only be read from its beginning
/// on: it is decoded once and kept, as bytes where that loses nothing and as single precision
/// otherwise.
final class StoredArray: Sendable {
    /// Bytes that an array may take on disk, and a deflated one in memory.
    static let largestOnDisk = 1 << 40
    static let largestInMemory = 2 << 30
    /// Bytes that are read at once.
    private static let pieceBytes = 1 << 20

    let path: String
    let shape: [Int]
    let element: NumPyElement

    private enum Content: Sendable {
        /// Where the elements begin, in a file of this size.
        case file(start: Int, size: Int)
        case decoded(DecodedElements)
    }
    private let content: Content

    /// Opens a `.npy` file, or the array called `key` of an `.npz` archive.
    ///
    /// - Parameter key: may be nil for an archive of one array; a `.npy` file has none.
    /// - Throws: `FloeError` of kind `.badData` for other files, damaged ones, objects, Fortran order
    ///   and a missing key.
    init(_ path: String, key: String?) throws {
        self.path = path
        let file = try ImageFile(path)
        let first = try file.prefix(NumPyHeader.largestHeader)
        do {
            if first.starts(with: [0x50, 0x4B]) {
                let archive = try ZipArchive(path)
                let entry = try Self.entry(key, archive)
                if entry.isDeflated {
                    var elements = DecodedElements(limit: Self.largestInMemory)
                    try archive.readPieces(of: entry) { try elements.add($0) }
                    let header = try elements.finish()
                    (shape, element) = (header.shape, header.element)
                    content = .decoded(elements)
                    return
                }
                try archive.readPieces(of: entry) { _ in }
                let start = try archive.start(of: entry)
                let bytes = try Self.bytes(file, start, min(entry.count, NumPyHeader.largestHeader))
                let header = try NumPyHeader(bytes, limit: Self.largestOnDisk)
                try Self.require(header, entry.count)
                (shape, element) = (header.shape, header.element)
                content = .file(start: start + header.start, size: file.size)
                return
            }
            guard key == nil else {
                throw FloeError(
                    .badData, "not an archive of arrays", expected: "an .npz file",
                    got: first.starts(with: NumPyHeader.magic) ? "one array" : "something else",
                    advice: first.starts(with: NumPyHeader.magic) ? "remove the key" : nil)
            }
            let header = try NumPyHeader(first, limit: Self.largestOnDisk)
            try Self.require(header, file.size)
            (shape, element) = (header.shape, header.element)
            content = .file(start: header.start, size: file.size)
        } catch let error as FloeError {
            throw error.naming(path)
        }
    }

    /// Where the elements of one sample are.
    struct Pixels {
        /// The number of its first element.
        var start: Int
        var pixels: Int
        var bands: Int
        /// Whether the bands of a pixel stand side by side; otherwise each band is in one piece.
        var isInterleaved: Bool

        var count: Int { pixels * bands }
    }

    /// Some bands of a sample as single precision: [band][pixel]; no other band is converted.
    ///
    /// - Throws: `FloeError` where the file cannot be read or has changed since it was opened.
    func floats(of part: Pixels, bands taken: [Int]) throws -> [Float] {
        precondition(
            part.start >= 0 && part.start + part.count <= shape.reduce(1, *)
                && taken.allSatisfy { (0..<part.bands).contains($0) }, "\(part), bands \(taken)")
        var result = [Float](repeating: 0, count: taken.count * part.pixels)
        try result.withUnsafeMutableBufferPointer { result in
            func target(_ place: Int, _ pixels: Range<Int>) -> UnsafeMutableBufferPointer<Float> {
                UnsafeMutableBufferPointer(
                    rebasing: result[
                        place * part.pixels + pixels.lowerBound..<place * part.pixels
                            + pixels.upperBound])
            }
            let whole = 0..<part.pixels
            switch content {
            case .decoded(let elements):
                for (place, band) in taken.enumerated() {
                    elements.copy(
                        from: part.start + band * (part.isInterleaved ? 1 : part.pixels),
                        stride: part.isInterleaved ? part.bands : 1, to: target(place, whole))
                }
            case .file(let start, let size):
                let file = try ImageFile(path)
                guard file.size == size else {
                    throw FloeError(
                        .badData, file: path, "changed while it was in use",
                        expected: "\(size) bytes", got: "\(file.size)")
                }
                // In pieces, so that bands which are not taken are never in memory as a whole.
                let width = element.size * (part.isInterleaved ? part.bands : 1)
                let piece = max(1, Self.pieceBytes / width)
                for first in stride(from: 0, to: part.pixels, by: piece) {
                    let pixels = first..<min(first + piece, part.pixels)
                    let offset = start + part.start * element.size + first * width
                    if part.isInterleaved {
                        let bytes = try Self.bytes(file, offset, pixels.count * width)
                        bytes.withUnsafeBytes { bytes in
                            for (place, band) in taken.enumerated() {
                                element.convert(
                                    UnsafeRawBufferPointer(
                                        rebasing: bytes[(band * element.size)...]),
                                    stride: part.bands, to: target(place, pixels))
                            }
                        }
                        continue
                    }
                    for (place, band) in taken.enumerated() {
                        let bytes = try Self.bytes(
                            file, offset + band * part.pixels * width, pixels.count * width)
                        bytes.withUnsafeBytes { element.convert($0, to: target(place, pixels)) }
                    }
                }
            }
        }
        return result
    }

    private static func require(_ header: NumPyHeader, _ size: Int) throws {
        guard size - header.start == header.byteCount else {
            throw FloeError(
                .badData, "a NumPy array of another size",
                expected: "\(header.count) values of \(header.element.size) bytes",
                got: "\(size - header.start) bytes")
        }
    }

    private static func bytes(_ file: ImageFile, _ offset: Int, _ count: Int) throws -> [UInt8] {
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = file.read(at: UInt64(offset), into: UnsafeMutableRawBufferPointer(buffer))
        }
        if let failure = file.failure { throw failure }
        guard bytes.count == count else {
            throw FloeError(.badData, "the file ends too early", expected: "\(count) bytes more")
        }
        return bytes
    }

    private static func entry(_ key: String?, _ archive: ZipArchive) throws -> ZipArchive.Entry {
        let arrays = archive.entries.filter { $0.name.hasSuffix(".npy") }
        let names = arrays.map { String($0.name.dropLast(4)) }
        guard let key else {
            guard arrays.count == 1 else {
                throw FloeError(
                    .badData, "\(arrays.count) arrays in one archive", expected: "a key",
                    got: names.prefix(8).joined(separator: ", ").shortened)
            }
            return arrays[0]
        }
        guard let index = names.firstIndex(of: key) else {
            throw FloeError(
                .badData, "no array '\(key.shortened)' in the archive",
                expected: names.isEmpty
                    ? "arrays" : "one of \(names.prefix(8).joined(separator: ", "))".shortened,
                advice: UnknownKeys.nearest(to: key, among: names).map { "did you mean '\($0)'?" })
        }
        return arrays[index]
    }
}
