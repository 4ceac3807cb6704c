import DurableFiles

/// What one element of a NumPy array is: integers, truth values or floating point.
struct NumPyElement: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case boolean, signed, unsigned, float
    }

    let kind: Kind
    /// Bytes of one element.
    let size: Int
    let isBig: Bool

    /// - Parameter code: NumPy's name of the type, such as `<f4`.
    init(code: Substring) throws {
        let kinds: [Character: (Kind, [Int])] = [
            "f": (.float, [2, 4, 8]), "u": (.unsigned, [1, 2, 4, 8]),
            "i": (.signed, [1, 2, 4, 8]), "b": (.boolean, [1]),
        ]
        guard code.count == 3, let order = code.first, "<>|=".contains(order),
            let (kind, sizes) = kinds[code[code.index(after: code.startIndex)]],
            let size = Int(code.dropFirst(2)), sizes.contains(size)
        else {
            let isObject = code.dropFirst().first == "O"
            throw FloeError(
                .badData, isObject ? "a NumPy array of objects" : "a NumPy array of another type",
                expected: "integers or floating point", got: "'\(String(code).shortened)'",
                advice: isObject ? "pickled objects are never read; save numbers" : nil)
        }
        self.kind = kind
        self.size = size
        isBig = order == ">"
    }

    /// How headers of images name it.
    var sampleType: SampleType {
        switch (kind, size) {
        case (.boolean, _), (.unsigned, 1): .unsigned8
        case (.unsigned, 2): .unsigned16
        case (.unsigned, 4): .unsigned32
        case (.unsigned, _): .unsigned64
        case (.signed, 1): .signed8
        case (.signed, 2): .signed16
        case (.signed, 4): .signed32
        case (.signed, _): .signed64
        case (.float, 2): .float16
        case (.float, 4): .float32
        case (.float, _): .float64
        }
    }

    /// Single precision of every `stride`-th element of `source` from its first on, as many as
    /// `target` has.
    func convert(
        _ source: UnsafeRawBufferPointer, stride: Int = 1,
        to target: UnsafeMutableBufferPointer<Float>
    ) {
        let source = (source, stride)
        switch (kind, size) {
        case (.boolean, _): each(source, target) { (bits: UInt8) in bits == 0 ? 0 : 1 }
        case (.float, 2):
            each(source, target) { (bits: UInt16) in Float(Float16(bitPattern: bits)) }
        case (.float, 4): each(source, target) { (bits: UInt32) in Float(bitPattern: bits) }
        case (.float, _): each(source, target) { (bits: UInt64) in Float(Double(bitPattern: bits)) }
        case (.unsigned, 1): each(source, target) { (bits: UInt8) in Float(bits) }
        case (.unsigned, 2): each(source, target) { (bits: UInt16) in Float(bits) }
        case (.unsigned, 4): each(source, target) { (bits: UInt32) in Float(bits) }
        case (.unsigned, _): each(source, target) { (bits: UInt64) in Float(bits) }
        case (.signed, 1): each(source, target) { (bits: UInt8) in Float(Int8(bitPattern: bits)) }
        case (.signed, 2): each(source, target) { (bits: UInt16) in Float(Int16(bitPattern: bits)) }
        case (.signed, 4): each(source, target) { (bits: UInt32) in Float(Int32(bitPattern: bits)) }
        case (.signed, _): each(source, target) { (bits: UInt64) in Float(Int64(bitPattern: bits)) }
        }
    }

    @inline(__always)
    private func each<Bits: FixedWidthInteger>(
        _ source: (bytes: UnsafeRawBufferPointer, stride: Int),
        _ target: UnsafeMutableBufferPointer<Float>, _ value: (Bits) -> Float
    ) {
        let step = source.stride * MemoryLayout<Bits>.size
        for index in target.indices {
            let bits = source.bytes.loadUnaligned(fromByteOffset: index * step, as: Bits.self)
            target[index] = value(isBig ? Bits(bigEndian: bits) : Bits(littleEndian: bits))
        }
    }
}
