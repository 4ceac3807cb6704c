/// One class index per pixel, rows top to bottom.
public struct LabelMap: Hashable, Sendable {
    /// The index that drops out of losses, counts and statistics.
    public static let ignore: UInt8 = 255

    public let height: Int
    public let width: Int
    public var labels: [UInt8]

    public init(height: Int, width: Int, labels: [UInt8]) {
        precondition(
            labels.count == height * width, "\(labels.count) labels for \(height)x\(width)")
        self.height = height
        self.width = width
        self.labels = labels
    }

    public init(height: Int, width: Int, repeating label: UInt8 = 0) {
        self.init(
            height: height, width: width,
            labels: [UInt8](repeating: label, count: height * width))
    }

    public subscript(row: Int, column: Int) -> UInt8 {
        get { labels[row * width + column] }
        set { labels[row * width + column] = newValue }
    }
}
