import TensorCore

/// How often two members are right together, singly or not at all, over the pixels of images.
///
/// Every measure of how much the two differ follows from these counts (Kuncheva and Whitaker,
/// "Measures of diversity in classifier ensembles and their relationship with the ensemble
/// accuracy", Machine Learning 51, 2003). Counts add up over images.
public struct PairCounts: Hashable, Sendable {
    public let bothRight: Int
    public let onlyFirstRight: Int
    public let onlySecondRight: Int
    /// Both wrong with the same decision: the error that no vote of the two can mend.
    public let bothWrongAlike: Int
    /// Both wrong with two decisions; only with three classes or more.
    public let bothWrongDifferently: Int

    public init(
        bothRight: Int = 0, onlyFirstRight: Int = 0, onlySecondRight: Int = 0,
        bothWrongAlike: Int = 0, bothWrongDifferently: Int = 0
    ) {
        precondition(
            bothRight >= 0 && onlyFirstRight >= 0 && onlySecondRight >= 0 && bothWrongAlike >= 0
                && bothWrongDifferently >= 0, "a count is negative")
        self.bothRight = bothRight
        self.onlyFirstRight = onlyFirstRight
        self.onlySecondRight = onlySecondRight
        self.bothWrongAlike = bothWrongAlike
        self.bothWrongDifferently = bothWrongDifferently
    }

    /// Counts two members' decisions about one image.
    ///
    /// - Parameters:
    ///   - first: class indices `[height, width]` (or 0 and 1 of one class), 255 for no decision.
    ///   - second: the same of the other member.
    ///   - truth: the same, 255 for an ignored pixel. A pixel that is 255 in any of the three drops
    ///     out.
    ///   - ignore: non-zero for a pixel to leave out.
    public init(
        first: UnsafeBufferPointer<UInt8>, second: UnsafeBufferPointer<UInt8>,
        truth: UnsafeBufferPointer<UInt8>, ignore: UnsafeBufferPointer<UInt8>? = nil
    ) {
        let pixels = truth.count
        precondition(
            first.count == pixels && second.count == pixels && (ignore?.count ?? pixels) == pixels,
            "\(first.count) and \(second.count) decisions for \(pixels) pixels")
        var sums = (both: 0, first: 0, second: 0, alike: 0, counted: 0)
        // Bytes are summed in blocks of at most 255, so that the loop becomes byte-wide additions.
        var start = 0
        while start < pixels {
            let end = min(start + 255, pixels)
            var (both, ofFirst, ofSecond, alike, counted) =
                (UInt8(0), UInt8(0), UInt8(0), UInt8(0), UInt8(0))
            for pixel in start..<end {
                let (one, other, label) = (first[pixel], second[pixel], truth[pixel])
                var isKnown: UInt8 = one != LabelMap.ignore ? 1 : 0
                isKnown &= other != LabelMap.ignore ? 1 : 0
                isKnown &= label != LabelMap.ignore ? 1 : 0
                if let ignore { isKnown &= ignore[pixel] == 0 ? 1 : 0 }
                let firstIsRight: UInt8 = one == label ? isKnown : 0
                let secondIsRight: UInt8 = other == label ? isKnown : 0
                let areEqual: UInt8 = one == other ? isKnown : 0
                counted &+= isKnown
                both &+= firstIsRight & secondIsRight
                ofFirst &+= firstIsRight
                ofSecond &+= secondIsRight
                alike &+= areEqual & (firstIsRight ^ 1)
            }
            sums.both += Int(both)
            sums.first += Int(ofFirst)
            sums.second += Int(ofSecond)
            sums.alike += Int(alike)
            sums.counted += Int(counted)
            start = end
        }
        let right = sums.first + sums.second - sums.both
        self.init(
            bothRight: sums.both, onlyFirstRight: sums.first - sums.both,
            onlySecondRight: sums.second - sums.both, bothWrongAlike: sums.alike,
            bothWrongDifferently: sums.counted - right - sums.alike)
    }

    /// Counts two members' decisions about one image; see the form over buffers.
    public init(first: [UInt8], second: [UInt8], truth: [UInt8], ignore: [UInt8]? = nil) {
        self = first.withUnsafeBufferPointer { first in
            second.withUnsafeBufferPointer { second in
                truth.withUnsafeBufferPointer { truth in
                    guard let ignore else {
                        return PairCounts(first: first, second: second, truth: truth)
                    }
                    return ignore.withUnsafeBufferPointer {
                        PairCounts(first: first, second: second, truth: truth, ignore: $0)
                    }
                }
            }
        }
    }

    /// The number of pixels counted.
    public var pixels: Int {
        bothRight + onlyFirstRight + onlySecondRight + bothWrong
    }

    public var bothWrong: Int { bothWrongAlike + bothWrongDifferently }

    /// Pixels that the two decide differently, whoever is right.
    public var differing: Int { onlyFirstRight + onlySecondRight + bothWrongDifferently }

    /// A measure, or nil where its formula reads 0 / 0: without a pixel, and for Yule's Q and the
    /// correlation where a member is right everywhere or nowhere, which relates to nothing.
    public func value(_ measure: DiversityMeasure) -> Double? {
        // In Double from here on: products of counts may pass Int.max.
        let (both, neither) = (Double(bothRight), Double(bothWrong))
        let (first, second) = (Double(onlyFirstRight), Double(onlySecondRight))
        let total = both + neither + first + second
        let related = both * neither - first * second
        let (numerator, denominator): (Double, Double) =
            switch measure {
            case .differing: (Double(differing), total)
            case .disagreement: (first + second, total)
            case .doubleFault: (neither, total)
            case .yulesQ: (related, both * neither + first * second)
            case .correlation:
                (
                    related,
                    ((both + first) * (second + neither)).squareRoot()
                        * ((both + second) * (first + neither)).squareRoot()
                )
            }
        return denominator > 0 ? numerator / denominator : nil
    }

    public static func + (left: PairCounts, right: PairCounts) -> PairCounts {
        PairCounts(
            bothRight: left.bothRight + right.bothRight,
            onlyFirstRight: left.onlyFirstRight + right.onlyFirstRight,
            onlySecondRight: left.onlySecondRight + right.onlySecondRight,
            bothWrongAlike: left.bothWrongAlike + right.bothWrongAlike,
            bothWrongDifferently: left.bothWrongDifferently + right.bothWrongDifferently)
    }

    public static func += (left: inout PairCounts, right: PairCounts) { left = left + right }
}
