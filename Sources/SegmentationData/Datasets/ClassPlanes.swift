/// One plane of 0 and 1 per class, with 255 where the truth is not known: [class, row, column].
public struct ClassPlanes: Sendable, Hashable {
    public let classes: Int
    public let height: Int
    public let width: Int
    public var values: [UInt8]

    public init(classes: Int, height: Int, width: Int, values: [UInt8]) {
        precondition(
            values.count == classes * height * width,
            "\(values.count) values for \(classes)x\(height)x\(width)")
        self.classes = classes
        self.height = height
        self.width = width
        self.values = values
    }

    public init(classes: Int, height: Int, width: Int, repeating value: UInt8 = 0) {
        self.init(
            classes: classes, height: height, width: width,
            values: [UInt8](repeating: value, count: classes * height * width))
    }

    /// Adds what other planes of the same size say: ignored in one is ignored, and what is of a class
    /// in one is of it.
    mutating func unite(with other: ClassPlanes) {
        precondition(
            classes == other.classes && height == other.height && width == other.width,
            "planes of two sizes")
        values.withUnsafeMutableBufferPointer { values in
            other.values.withUnsafeBufferPointer { other in
                // 0, 1 and 255 are ordered by their bits.
                for index in values.indices { values[index] |= other[index] }
            }
        }
    }

    /// The plane of one class.
    public func plane(_ index: Int) -> ArraySlice<UInt8> {
        values[(index * height * width)..<((index + 1) * height * width)]
    }
}
