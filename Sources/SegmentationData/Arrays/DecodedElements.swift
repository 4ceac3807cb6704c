import DurableFiles

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

    /// How many are decoded.
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
        try decode()
    }

    /// The header, once every byte has come.
    mutating func finish() throws -> NumPyHeader {
        if header == nil { try readHeader() }
        try decode()
        guard let header, waiting.isEmpty, count == header.count else {
            throw FloeError(
                .badData, "a NumPy array of another size",
                expected: "\(header?.count ?? 0) values", got: "\(count)")
        }
        return header
    }

    /// Every `stride`-th element from `start` on as single precision, as many as `target` has.
    func copy(from start: Int, stride: Int, to target: UnsafeMutableBufferPointer<Float>) {
        switch storage {
        case .bytes(let values):
            values.withUnsafeBufferPointer { values in
                for index in target.indices {
                    target[index] = Float(values[start + index * stride])
                }
            }
        case .floats(let values):
            values.withUnsafeBufferPointer { values in
                for index in target.indices { target[index] = values[start + index * stride] }
            }
        }
    }

    /// Refuses more elements than fit, before there is memory for them.
    private func requireRoom(for count: Int, bytesEach: Int) throws {
        guard count <= limit / bytesEach else {
            throw FloeError(
                .badData, "a compressed array that is too large",
                expected: "at most \(limit) bytes in memory",
                advice: "save it by numpy.savez, which does not compress")
        }
    }

    private mutating func readHeader() throws {
        let header = try NumPyHeader(waiting, limit: StoredArray.largestOnDisk)
        // As bytes at least; whether single precision is needed only the elements tell.
        try requireRoom(for: header.count, bytesEach: 1)
        waiting.removeFirst(header.start)
        self.header = header
    }

    private mutating func decode() throws {
        guard let header else { return }
        let element = header.element
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
            let fits = values.withUnsafeBufferPointer { values in
                values.allSatisfy { $0 >= 0 && $0 <= 255 && $0 == $0.rounded(.towardZero) }
            }
            if fits {
                try requireRoom(for: bytes.count + whole, bytesEach: 1)
                storage = .bytes([])
                bytes.append(contentsOf: values.lazy.map { UInt8($0) })
                storage = .bytes(bytes)
                return
            }
            // From here on every element takes four bytes, those of the rest as well.
            try requireRoom(for: max(header.count, bytes.count + whole), bytesEach: 4)
            var floats: [Float] = []
            floats.reserveCapacity(bytes.count + whole)
            floats.append(contentsOf: bytes.lazy.map { Float($0) })
            floats.append(contentsOf: values)
            storage = .floats(floats)
        } else if case .floats(var floats) = storage {
            try requireRoom(for: floats.count + whole, bytesEach: 4)
            storage = .bytes([])
            floats.append(contentsOf: values)
            storage = .floats(floats)
        }
    }
}
