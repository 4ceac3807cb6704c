import TensorCore

/// How often each true class was predicted as each class, over the pixels that count.
///
/// A pixel is left out where the truth is the ignore index. Where the truth is known but the
/// prediction is the ignore index (a predictor writes it on pixels without data), the pixel is left
/// out too and counted in ``unpredicted``, so that silence cannot pass for accuracy.
public struct ConfusionMatrix: Hashable, Sendable {
    public let classes: Int
    /// `[true class, predicted class]`, rows of the true classes.
    public private(set) var counts: [Int]
    /// Pixels with a true class and no prediction.
    public private(set) var unpredicted: Int

    /// An empty matrix, to add to.
    public init(classes: Int) {
        self.init(classes: classes, counts: [Int](repeating: 0, count: classes * classes))
    }

    /// A matrix from its counts, `[true class, predicted class]`.
    public init(classes: Int, counts: [Int], unpredicted: Int = 0) {
        precondition((1...255).contains(classes), "\(classes) classes")
        precondition(
            counts.count == classes * classes, "\(counts.count) counts for \(classes) classes")
        precondition(unpredicted >= 0 && counts.allSatisfy { $0 >= 0 }, "a count is negative")
        self.classes = classes
        self.counts = counts
        self.unpredicted = unpredicted
    }

    /// Counts two label maps of the same size.
    ///
    /// Labels are 0..<classes or ``LabelMap/ignore``; any other is a programming error, as both
    /// maps were checked where they were read or made.
    public init(truth: LabelMap, prediction: LabelMap, classes: Int) {
        precondition(
            truth.height == prediction.height && truth.width == prediction.width,
            "prediction of \(prediction.height)x\(prediction.width) for a truth of "
                + "\(truth.height)x\(truth.width)")
        self.init(truth: truth.labels, prediction: prediction.labels, classes: classes)
    }

    private init(truth: [UInt8], prediction: [UInt8], classes: Int) {
        self.init(classes: classes)
        // One more row and column collect whatever is no class. Four tables take turns:
        // neighbouring pixels mostly fall in the same cell, and adding to it would wait for the
        // last addition.
        let side = classes + 1
        let cells = side * side
        var ignored = (truth: 0, prediction: 0)
        var table = [Int](repeating: 0, count: 4 * cells)
        table.withUnsafeMutableBufferPointer { table in
            truth.withUnsafeBufferPointer { truth in
                prediction.withUnsafeBufferPointer { prediction in
                    for pixel in 0..<truth.count {
                        let row = min(Int(truth[pixel]), classes)
                        let column = min(Int(prediction[pixel]), classes)
                        table[(pixel & 3) * cells + row * side + column] &+= 1
                        ignored.truth += truth[pixel] == LabelMap.ignore ? 1 : 0
                        ignored.prediction += prediction[pixel] == LabelMap.ignore ? 1 : 0
                    }
                }
            }
        }
        var strangers = (truth: -ignored.truth, prediction: -ignored.prediction)
        for row in 0..<side {
            for column in 0..<side {
                let cell = row * side + column
                let count =
                    table[cell] + table[cells + cell] + table[2 * cells + cell]
                    + table[3 * cells + cell]
                if row == classes { strangers.truth += count }
                if column == classes { strangers.prediction += count }
                if row < classes && column < classes {
                    counts[row * classes + column] = count
                } else if row < classes {
                    unpredicted += count
                }
            }
        }
        precondition(
            strangers == (0, 0),
            "\(strangers.truth) true and \(strangers.prediction) predicted labels are no class of "
                + "\(classes)")
    }

    public subscript(truth truth: Int, prediction prediction: Int) -> Int {
        precondition((0..<classes).contains(truth) && (0..<classes).contains(prediction))
        return counts[truth * classes + prediction]
    }

    /// The number of pixels counted.
    public var pixels: Int { counts.reduce(0, +) }

    /// One class against all others.
    public func counts(forClass index: Int) -> ConfusionCounts {
        precondition((0..<classes).contains(index), "class \(index) of \(classes)")
        let found = counts[index * classes + index]
        var (ofTruth, ofPrediction) = (0, 0)
        for other in 0..<classes {
            ofTruth += counts[index * classes + other]
            ofPrediction += counts[other * classes + index]
        }
        return ConfusionCounts(
            truePositive: found, falsePositive: ofPrediction - found,
            falseNegative: ofTruth - found,
            trueNegative: pixels - ofTruth - ofPrediction + found)
    }

    /// Every class against all others, in the order of the classes.
    public var countsPerClass: [ConfusionCounts] { (0..<classes).map { counts(forClass: $0) } }

    /// The part of the pixels that carry their true class; nil where no pixel counts.
    public var pixelAccuracy: Double? {
        let pixels = pixels
        guard pixels > 0 else { return nil }
        var right = 0
        for index in 0..<classes { right += counts[index * classes + index] }
        return Double(right) / Double(pixels)
    }

    public static func + (left: ConfusionMatrix, right: ConfusionMatrix) -> ConfusionMatrix {
        var sum = left
        sum += right
        return sum
    }

    public static func += (left: inout ConfusionMatrix, right: ConfusionMatrix) {
        precondition(
            left.classes == right.classes, "\(left.classes) and \(right.classes) classes")
        for cell in left.counts.indices { left.counts[cell] += right.counts[cell] }
        left.unpredicted += right.unpredicted
    }
}

extension ConfusionMatrix: Codable {
    private enum CodingKeys: String, CodingKey {
        case classes, counts, unpredicted
    }

    /// Reads a matrix; counts that do not fit the classes, or are no counts, are a corrupt file.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let classes = try container.decode(Int.self, forKey: .classes)
        let counts = try container.decode([Int].self, forKey: .counts)
        let unpredicted = try container.decode(Int.self, forKey: .unpredicted)
        guard (1...255).contains(classes), counts.count == classes * classes else {
            throw DecodingError.dataCorruptedError(
                forKey: .counts, in: container,
                debugDescription: "expected the square of 1 to 255 classes, got \(counts.count) "
                    + "counts for \(classes) classes")
        }
        guard
            (counts + [unpredicted]).allSatisfy({
                (0...ConfusionCounts.largestDecoded).contains($0)
            })
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .counts, in: container,
                debugDescription: "expected counts of pixels, got a negative or absurd one")
        }
        self.init(classes: classes, counts: counts, unpredicted: unpredicted)
    }
}
