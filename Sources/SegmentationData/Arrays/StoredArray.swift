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

    /// Some elements in the array's order, as single precision.
    ///
    /// - Throws: `FloeError` where the file cannot be read or has changed since it was opened.
    func floats(_ range: Range<Int>) throws -> [Float] {
        precondition(range.lowerBound >= 0 && range.upperBound <= shape.reduce(1, *), "\(range)")
        switch content {
        case .decoded(let elements): return elements.floats(range)
        case .file(let start, let size):
            let file = try ImageFile(path)
            guard file.size == size else {
                throw FloeError(
                    .badData, file: path, "changed while it was in use",
                    expected: "\(size) bytes", got: "\(file.size)")
            }
            let bytes = try Self.bytes(
                file, start + range.lowerBound * element.size, range.count * element.size)
            return [Float](unsafeUninitializedCapacity: range.count) { target, filled in
                bytes.withUnsafeBytes { source in
                    element.convert(
                        source, to: UnsafeMutableBufferPointer(rebasing: target[..<range.count]))
                }
                filled = range.count
            }
        }
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

/// The elements of an array as they come out of its archive.
struct DecodedElements: Sendable {
    private enum Storage {
        case bytes([UInt8])
        case floats([Float])
    }

    private let limit: Int
    private var header: NumPyHeader?
    /// Bytes that are not decoded yet: the header, or part of an element.
    private var waiting: [UInt8] = []
    private var storage = Storage.bytes([])

    init(limit: Int) { self.limit = limit }

    private var count: Int {
        switch storage {
        case .bytes(let values): values.count
        case .floats(let values): values.count
        }
    }

    mutating func add(_ piece: UnsafeRawBufferPointer) throws {
        waiting.append(contentsOf: piece)
        if header == nil {
            guard waiting.count >= NumPyHeader.largestHeader else { return }
            try readHeader()
        }
        decode()
        guard count * (isWide ? 4 : 1) <= limit else {
            throw FloeError(
                .badData, "a compressed array that is too large",
                expected: "at most \(limit) bytes in memory",
                advice: "save it by numpy.savez, which does not compress")
        }
    }

    /// The header, once every byte has come.
    mutating func finish() throws -> NumPyHeader {
        if header == nil { try readHeader() }
        decode()
        guard let header, waiting.isEmpty, count == header.count else {
            throw FloeError(
                .badData, "a NumPy array of another size",
                expected: "\(header?.count ?? 0) values", got: "\(count)")
        }
        return header
    }

    func floats(_ range: Range<Int>) -> [Float] {
        switch storage {
        case .bytes(let values): values[range].map { Float($0) }
        case .floats(let values): Array(values[range])
        }
    }

    private var isWide: Bool {
        if case .floats = storage { return true }
        return false
    }

    private mutating func readHeader() throws {
        let header = try NumPyHeader(waiting, limit: StoredArray.largestOnDisk)
        waiting.removeFirst(header.start)
        self.header = header
    }

    private mutating func decode() {
        guard let element = header?.element else { return }
        let whole = waiting.count / element.size
        guard whole > 0 else { return }
        let values = [Float](unsafeUninitializedCapacity: whole) { target, filled in
            waiting.withUnsafeBytes { source in
                element.convert(
                    UnsafeRawBufferPointer(rebasing: source[..<(whole * element.size)]),
                    to: UnsafeMutableBufferPointer(rebasing: target[..<whole]))
            }
            filled = whole
        }
        waiting.removeFirst(whole * element.size)
        if case .bytes(var bytes) = storage {
            storage = .bytes([])
            let fits = values.withUnsafeBufferPointer { values in
                values.allSatisfy { $0 >= 0 && $0 <= 255 && $0 == $0.rounded(.towardZero) }
            }
            if fits {
                bytes.append(contentsOf: values.lazy.map { UInt8($0) })
                storage = .bytes(bytes)
            } else {
                storage = .floats(bytes.map { Float($0) } + values)
            }
        } else if case .floats(var floats) = storage {
            storage = .bytes([])
            floats.append(contentsOf: values)
            storage = .floats(floats)
        }
    }
}
