/// Height and width in pixels; in YAML and JSON `[height, width]`.
public struct ImageSize: Sendable, Hashable, Codable, CustomStringConvertible {
    public var height: Int
    public var width: Int

    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    public var description: String { "\(height)x\(width)" }

    /// Reads `[height, width]`, or one number for a square.
    public init(from decoder: any Decoder) throws {
        let numbers: [Int]
        if let single = try? decoder.singleValueContainer(), let side = try? single.decode(Int.self)
        {
            numbers = [side, side]
        } else {
            numbers = try decoder.singleValueContainer().decode([Int].self)
        }
        guard numbers.count == 2, numbers.allSatisfy({ $0 > 0 && $0 <= 1 << 20 }) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "not a size, expected [height, width], got \(numbers)"))
        }
        self.init(height: numbers[0], width: numbers[1])
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode([height, width])
    }
}
