import SegmentationData

/// `evaluation.test-time:` movements under which an image is predicted besides as it is.
///
/// A list of `horizontal-flip`, `vertical-flip`, `quarter-turns` and factors of size, such as
/// `[horizontal-flip, quarter-turns, 0.75, 1.25]`. Every combination is predicted, undone, and
/// enters the mean of the probabilities once.
public struct TestTimeAugmentation: Hashable, Sendable {
    public var horizontalFlip = false
    public var verticalFlip = false
    /// By 90, 180 and 270 degrees; windows that are not square turn by 180.
    public var quarterTurns = false
    /// How many times its size an image is made besides once, without repetitions.
    public var scales: [Double] = []

    /// Predicts every image as it is.
    public init() {}

    /// Nil for a word that is neither a movement nor a factor of 0.25 to 2.
    public init?(_ words: [String]) {
        for word in words {
            switch word {
            case Self.horizontalFlipWord: horizontalFlip = true
            case Self.verticalFlipWord: verticalFlip = true
            case Self.quarterTurnsWord: quarterTurns = true
            default:
                guard let scale = Double(word), (0.25...2).contains(scale) else { return nil }
                if scale != 1, !scales.contains(scale) { scales.append(scale) }
            }
        }
    }

    static let horizontalFlipWord = "horizontal-flip"
    static let verticalFlipWord = "vertical-flip"
    static let quarterTurnsWord = "quarter-turns"
    /// The largest of the sizes that an image is predicted at.
    var largestScale: Double { max(1, scales.max() ?? 1) }

    /// What a list may hold, for messages.
    public static let vocabulary =
        "\(horizontalFlipWord), \(verticalFlipWord), \(quarterTurnsWord), factors of 0.25 to 2"

    /// What a recipe's list would hold, in one order; empty for images as they are.
    public var words: [String] {
        [
            horizontalFlip ? Self.horizontalFlipWord : nil,
            verticalFlip ? Self.verticalFlipWord : nil,
            quarterTurns ? Self.quarterTurnsWord : nil,
        ].compactMap(\.self) + scales.map { "\($0)" }
    }

    /// The movements of a window, each once, the identity first.
    func movements(isSquare: Bool) -> [GridMovement] {
        var known: Set<GridMovement> = []
        var result: [GridMovement] = []
        for vertical in verticalFlip ? [false, true] : [false] {
            for horizontal in horizontalFlip ? [false, true] : [false] {
                for turns in quarterTurns ? (isSquare ? [0, 1, 2, 3] : [0, 2]) : [0] {
                    // A vertical flip is a horizontal one and half a turn.
                    let same = GridMovement(
                        flipsHorizontally: horizontal != vertical,
                        quarterTurns: turns + (vertical ? 2 : 0))
                    if known.insert(same).inserted { result.append(same) }
                }
            }
        }
        return result
    }

    /// The mean of the probabilities over all movements and sizes.
    ///
    /// - Parameters:
    ///   - classes: planes of probabilities.
    ///   - predict: probabilities `[class][row][column]` of an image.
    func probabilities(
        of image: BandImage, classes: Int, _ predict: (BandImage) throws -> [Float]
    ) rethrows -> [Float] {
        let movements = movements(isSquare: image.height == image.width)
        let factors = [1] + scales
        if movements.count * factors.count == 1 { return try predict(image) }
        // In double precision, so that the mean of equal numbers is that number.
        var sums = [Double](repeating: 0, count: classes * image.pixelCount)
        for factor in factors {
            let scaled = image.resizedBilinear(
                height: max(1, Int((Double(image.height) * factor).rounded())),
                width: max(1, Int((Double(image.width) * factor).rounded())))
            for movement in movements {
                let moved = movement.apply(to: scaled)
                let map = BandImage(
                    bands: classes, height: moved.height, width: moved.width,
                    values: try predict(moved))
                let undone = movement.inverse.apply(to: map)
                    .resizedBilinear(height: image.height, width: image.width)
                for index in sums.indices { sums[index] += Double(undone.values[index]) }
            }
        }
        let count = Double(movements.count * factors.count)
        return sums.map { Float($0 / count) }
    }
}

extension TestTimeAugmentation: Codable {
    /// A word or a number of the list.
    private enum Item: Codable {
        case word(String)
        case number(Double)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else {
                self = .word(try container.decode(String.self))
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .word(let word): try container.encode(word)
            case .number(let number): try container.encode(number)
            }
        }

        var text: String {
            switch self {
            case .word(let word): word
            case .number(let number): "\(number)"
            }
        }
    }

    public init(from decoder: any Decoder) throws {
        let words = try decoder.singleValueContainer().decode([Item].self).map(\.text)
        guard let value = TestTimeAugmentation(words) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "not test-time augmentation, expected a list of "
                        + "\(Self.vocabulary), got \(words.joined(separator: ", "))"))
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var items: [Item] = []
        if horizontalFlip { items.append(.word(Self.horizontalFlipWord)) }
        if verticalFlip { items.append(.word(Self.verticalFlipWord)) }
        if quarterTurns { items.append(.word(Self.quarterTurnsWord)) }
        var container = encoder.singleValueContainer()
        try container.encode(items + scales.map(Item.number))
    }
}
