/// A picture for people: 8-bit red, green, blue side by side, rows top to bottom.
public struct Picture: Sendable, Hashable {
    public let height: Int
    public let width: Int
    /// [row][column][red, green, blue].
    public var values: [UInt8]

    public init(height: Int, width: Int, values: [UInt8]) {
        precondition(
            values.count == 3 * height * width, "\(values.count) bytes for \(height)x\(width)x3")
        self.height = height
        self.width = width
        self.values = values
    }
}
