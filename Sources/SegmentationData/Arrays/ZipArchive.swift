import CImageIO
import DurableFiles

/// The entries of a zip archive, such as `numpy.savez` writes one, by its central directory.
///
/// Only stored and deflated entries are read; what the archive says about itself is checked before
/// anything is allocated: the number of entries, that names are plain and occur once, that the bytes
/// of an entry lie in the file, and that no entry claims to be larger than deflate could make it.
struct ZipArchive: Sendable {
    struct Entry: Sendable, Hashable {
        var name: String
        var isDeflated: Bool
        /// Bytes in the archive, and of the entry itself.
        var storedCount: Int
        var count: Int
        var checksum: UInt32
        /// Where the entry's own header begins.
        var headerOffset: Int
    }

    static let mostEntries = 4096
    private static let largestDirectory = 1 << 22
    /// Deflate makes at most 1032 bytes of one.
    private static let highestRatio = 1032

    let path: String
    /// In the order of the directory.
    let entries: [Entry]
    /// The size of the file when the archive was opened.
    let fileSize: Int

    /// - Throws: `FloeError` of kind `.badData` for anything but a whole archive in one file.
    init(_ path: String) throws {
        self.path = path
        let file = try ImageFile(path)
        fileSize = file.size
        do {
            entries = try Self.entries(file)
        } catch let error as FloeError {
            throw error.naming(path)
        }
    }

    /// Where the bytes of an entry begin, after the header of its own.
    func start(of entry: Entry) throws -> Int {
        let file = try ImageFile(path)
        let header = try Self.bytes(file, entry.headerOffset, 30)
        guard header.number(0, 4) == 0x0403_4B50, header.number(8, 2) == (entry.isDeflated ? 8 : 0)
        else { throw Self.damaged("an entry's header").naming(path) }
        let start = entry.headerOffset + 30 + header.number(26, 2) + header.number(28, 2)
        guard start + entry.storedCount <= file.size else {
            throw Self.damaged("an entry that ends past the file").naming(path)
        }
        return start
    }

    /// Shows the bytes of an entry piece by piece, in order.
    ///
    /// - Throws: `FloeError` of kind `.badData` where they are fewer or more than the directory says
    ///   or have another checksum, and whatever `body` throws.
    func readPieces(
        of entry: Entry, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let file = try ImageFile(path)
        let start = try start(of: entry)
        let room = 1 << 20
        let output = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 64)
        defer { output.deallocate() }
        var inflater: OpaquePointer?
        if entry.isDeflated {
            guard let made = floe_inflater_create() else {
                throw FloeError(.inputOutput, file: path, "no memory left")
            }
            inflater = made
        }
        defer { floe_inflater_free(inflater) }
        let input = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 64)
        defer { input.deallocate() }
        var (taken, produced) = (0, 0)
        var checksum: UInt32 = 0
        var isAtEnd = false
        func show(_ piece: UnsafeRawBufferPointer) throws {
            produced += piece.count
            guard produced <= entry.count else { throw mismatch(entry, "more bytes") }
            checksum = floe_crc32(
                checksum, piece.bindMemory(to: UInt8.self).baseAddress, piece.count)
            try body(piece)
        }
        while taken < entry.storedCount, !isAtEnd {
            let wanted = min(room, entry.storedCount - taken)
            let read = file.read(
                at: UInt64(start + taken),
                into: UnsafeMutableRawBufferPointer(rebasing: input[..<wanted]))
            if let failure = file.failure { throw failure }
            guard read == wanted else { throw mismatch(entry, "the end of the file") }
            taken += read
            guard let inflater else {
                try show(UnsafeRawBufferPointer(rebasing: input[..<read]))
                continue
            }
            var used = 0
            while !isAtEnd {
                var (offered, made) = (read - used, room)
                let status = floe_inflater_run(
                    inflater, input.bindMemory(to: UInt8.self).baseAddress.map { $0 + used },
                    &offered, output.bindMemory(to: UInt8.self).baseAddress, &made)
                used += offered
                guard status == FLOE_INFLATE_MORE || status == FLOE_INFLATE_END else {
                    throw mismatch(entry, "what is not deflated data")
                }
                if made > 0 { try show(UnsafeRawBufferPointer(rebasing: output[..<made])) }
                isAtEnd = status == FLOE_INFLATE_END
                if made < room && used == read { break }
                guard made > 0 || offered > 0 || isAtEnd else {
                    throw mismatch(entry, "what is not deflated data")
                }
            }
            if isAtEnd, used < read || taken < entry.storedCount {
                throw mismatch(entry, "more bytes behind its end")
            }
        }
        guard produced == entry.count, inflater == nil || isAtEnd else {
            throw mismatch(entry, "\(produced) bytes")
        }
        guard checksum == entry.checksum else { throw mismatch(entry, "another checksum") }
    }

    private func mismatch(_ entry: Entry, _ got: String) -> FloeError {
        FloeError(
            .badData, file: path, "the entry '\(entry.name.shortened)' is damaged",
            expected: "\(entry.count) bytes", got: got)
    }

    // MARK: The directory

    private static func damaged(_ what: String) -> FloeError {
        FloeError(.badData, "a damaged zip archive", got: what)
    }

    private static func bytes(_ file: ImageFile, _ offset: Int, _ count: Int) throws -> [UInt8] {
        guard offset >= 0, count >= 0, offset <= file.size - count else {
            throw damaged("a place past the end of the file")
        }
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = file.read(at: UInt64(offset), into: UnsafeMutableRawBufferPointer(buffer))
        }
        if let failure = file.failure { throw failure }
        guard bytes.count == count else { throw damaged("the end of the file") }
        return bytes
    }

    private static func entries(_ file: ImageFile) throws -> [Entry] {
        let directory = try Directory(file)
        guard directory.entryCount <= mostEntries, directory.byteCount <= largestDirectory else {
            throw FloeError(
                .badData, "too many entries in a zip archive", expected: "at most \(mostEntries)",
                got: "\(directory.entryCount)")
        }
        let bytes = try bytes(file, directory.offset, directory.byteCount)
        var entries: [Entry] = []
        var names = Set<String>()
        var place = 0
        for _ in 0..<directory.entryCount {
            guard bytes.count - place >= 46, bytes.number(place, 4) == 0x0201_4B50 else {
                throw damaged("an entry that is not one")
            }
            let (nameCount, extraCount, commentCount) = (
                bytes.number(place + 28, 2), bytes.number(place + 30, 2),
                bytes.number(place + 32, 2)
            )
            let end = place + 46 + nameCount + extraCount + commentCount
            guard end <= bytes.count else { throw damaged("an entry past the directory") }
            let name = try name(bytes[(place + 46)..<(place + 46 + nameCount)])
            guard names.insert(name).inserted else {
                throw FloeError(
                    .badData, "the name '\(name.shortened)' is twice in a zip archive",
                    expected: "every name once")
            }
            guard bytes.number(place + 8, 2) & 1 == 0 else {
                throw FloeError(.badData, "an encrypted zip archive", expected: "a plain one")
            }
            let method = bytes.number(place + 10, 2)
            guard method == 0 || method == 8 else {
                throw FloeError(
                    .badData, "a zip archive of another compression",
                    expected: "stored or deflated entries", got: "method \(method)")
            }
            var sizes = [
                bytes.number(place + 24, 4), bytes.number(place + 20, 4),
                bytes.number(place + 42, 4),
            ]
            let extra = Array(
                bytes[(place + 46 + nameCount)..<(place + 46 + nameCount + extraCount)])
            try widen(&sizes, extra)
            let entry = Entry(
                name: name, isDeflated: method == 8, storedCount: sizes[1], count: sizes[0],
                checksum: UInt32(bytes.number(place + 16, 4)), headerOffset: sizes[2])
            guard entry.headerOffset <= directory.offset - 30,
                entry.storedCount <= directory.offset - 30 - entry.headerOffset,
                entry.isDeflated
                    ? entry.count / highestRatio <= entry.storedCount
                    : entry.count == entry.storedCount
            else { throw damaged("an entry of impossible size") }
            entries.append(entry)
            place = end
        }
        return entries
    }

    private static func name(_ bytes: ArraySlice<UInt8>) throws -> String {
        guard let name = String(validating: bytes, as: UTF8.self), !name.isEmpty,
            !name.hasPrefix("/"),
            !name.unicodeScalars.contains(where: { $0.value < 0x20 || $0 == "\\" }),
            !name.split(separator: "/").contains("..")
        else {
            throw FloeError(
                .badData, "a name that no zip archive should hold",
                got: "'\(String(decoding: bytes, as: UTF8.self).shortened)'")
        }
        return name
    }

    /// Replaces sizes of all ones by those of the extra field for large files (zip64).
    private static func widen(_ sizes: inout [Int], _ extra: [UInt8]) throws {
        let wide = sizes.indices.filter { sizes[$0] == 0xFFFF_FFFF }
        guard !wide.isEmpty else { return }
        var place = 0
        while extra.count - place >= 4 {
            let (kind, count) = (extra.number(place, 2), extra.number(place + 2, 2))
            guard place + 4 + count <= extra.count else { break }
            if kind == 1 {
                guard count >= 8 * wide.count else { break }
                for (number, index) in wide.enumerated() {
                    sizes[index] = extra.number(place + 4 + 8 * number, 8)
                }
                guard sizes.allSatisfy({ $0 >= 0 && $0 < 1 << 48 }) else { break }
                return
            }
            place += 4 + count
        }
        throw damaged("sizes that are missing")
    }

    /// Where the central directory lies.
    private struct Directory {
        var entryCount: Int
        var byteCount: Int
        var offset: Int

        init(_ file: ImageFile) throws {
            // The end record is the last thing in the file but for a comment of at most 65535 bytes.
            let tail = min(file.size, 22 + 0xFFFF)
            let bytes = try ZipArchive.bytes(file, file.size - tail, tail)
            guard tail >= 22,
                let place = stride(from: tail - 22, through: 0, by: -1).first(where: {
                    bytes.number($0, 4) == 0x0605_4B50 && $0 + 22 + bytes.number($0 + 20, 2) == tail
                })
            else { throw ZipArchive.damaged("no directory") }
            guard bytes.number(place + 4, 2) == 0, bytes.number(place + 6, 2) == 0 else {
                throw ZipArchive.damaged("one part of several")
            }
            entryCount = bytes.number(place + 10, 2)
            byteCount = bytes.number(place + 12, 4)
            offset = bytes.number(place + 16, 4)
            if entryCount == 0xFFFF || byteCount == 0xFFFF_FFFF || offset == 0xFFFF_FFFF {
                let locator = try ZipArchive.bytes(file, file.size - tail + place - 20, 20)
                guard locator.number(0, 4) == 0x0706_4B50 else {
                    throw ZipArchive.damaged("no large directory")
                }
                let record = try ZipArchive.bytes(file, locator.number(8, 8), 56)
                guard record.number(0, 4) == 0x0606_4B50 else {
                    throw ZipArchive.damaged("no large directory")
                }
                entryCount = record.number(32, 8)
                byteCount = record.number(40, 8)
                offset = record.number(48, 8)
            }
            guard entryCount >= 0, byteCount >= 0, offset >= 0, offset <= file.size,
                byteCount <= file.size - offset
            else { throw ZipArchive.damaged("a directory past the end of the file") }
        }
    }
}

extension [UInt8] {
    /// The little-endian number of `count` bytes at a place; negative where it does not fit.
    fileprivate func number(_ place: Int, _ count: Int) -> Int {
        Int(truncatingIfNeeded: self[place..<(place + count)].littleEndianNumber)
    }
}
