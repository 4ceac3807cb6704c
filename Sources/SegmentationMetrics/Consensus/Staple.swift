import Foundation
import TensorCore

/// The truth that members' decisions speak for, and how well each member finds it: STAPLE
/// (Warfield, Zou and Wells, "Simultaneous truth and performance level estimation", IEEE
/// Transactions on Medical Imaging 23, 2004).
///
/// Maximisation and expectation take turns: how often each member takes a class for another, given
/// the probability of each class in each pixel; then those probabilities, given the rates. The
/// shares of votes are the first probabilities, as in ITK. A binary mask is the case of two classes.
/// The prior of a class is its share of all votes unless another is given, and is the same in every
/// pixel: there is no spatial term. Where nearly all pixels are of one class (a small object in a
/// large image) the rates of the others rest on few pixels, and the estimate may call a class what
/// one bold member alone sees; cut the image to the object first.
///
/// Members are added one after another. Pixels of equal decisions are counted as one, so that an
/// iteration takes time by the number of patterns and not of pixels.
public struct Staple {
    /// The usual limit of iterations.
    public static let defaultIterations = 1000
    /// An estimate has converged when no rate moves further than this.
    public static let defaultTolerance = 1e-9

    public let classes: Int
    public let pixels: Int
    public private(set) var members = 0
    /// The pattern of every pixel.
    private var patternOf: [Int32]
    /// `[pattern, member]`: decisions, 255 for none.
    private var patterns: [UInt8] = []
    /// Pixels of each pattern.
    private var sizes: [Int]

    /// - Parameter classes: 2 for a binary mask.
    public init(classes: Int, pixels: Int) {
        precondition(
            (2...255).contains(classes) && pixels > 0 && pixels <= Int(Int32.max),
            "\(classes) x \(pixels) pixels")
        self.classes = classes
        self.pixels = pixels
        patternOf = [Int32](repeating: 0, count: pixels)
        sizes = [pixels]
    }

    /// Adds one member's decisions.
    ///
    /// - Parameter decisions: class indices `[height, width]`, 255 where the member has none; it has
    ///   no vote there.
    public mutating func add(_ decisions: [UInt8]) {
        decisions.withUnsafeBufferPointer { add($0) }
    }

    /// The same of a part of some memory.
    public mutating func add(_ decisions: UnsafeBufferPointer<UInt8>) {
        precondition(decisions.count == pixels, "\(decisions.count) decisions for \(pixels) pixels")
        // Where a pattern and a decision lead: a new pattern, numbered as pixels first show it.
        var next = [Int32](repeating: -1, count: sizes.count * (classes + 1))
        var origins: [(pattern: Int, decision: UInt8)] = []
        var newSizes: [Int] = []
        patternOf.withUnsafeMutableBufferPointer { patternOf in
            for pixel in 0..<pixels {
                let decision = decisions[pixel]
                precondition(
                    decision < classes || decision == LabelMap.ignore,
                    "label \(decision) of \(classes) classes")
                let slot = Int(patternOf[pixel]) * (classes + 1) + min(Int(decision), classes)
                if next[slot] < 0 {
                    next[slot] = Int32(newSizes.count)
                    origins.append((Int(patternOf[pixel]), decision))
                    newSizes.append(0)
                }
                newSizes[Int(next[slot])] += 1
                patternOf[pixel] = next[slot]
            }
        }
        var longer: [UInt8] = []
        longer.reserveCapacity(origins.count * (members + 1))
        for origin in origins {
            longer += patterns[origin.pattern * members..<(origin.pattern + 1) * members]
            longer.append(origin.decision)
        }
        patterns = longer
        sizes = newSizes
        members += 1
    }

    /// Iterates until no rate moves, or to the limit.
    ///
    /// - Parameters:
    ///   - prior: one probability per class, summing to 1; nil for the shares of all votes.
    ///   - iterations: the most that are made.
    ///   - tolerance: the largest movement of a rate that counts as none.
    /// - Returns: nil where no member decided anything, or nothing that the prior allows.
    public func estimate(
        prior given: [Double]? = nil, iterations limit: Int = defaultIterations,
        tolerance: Double = defaultTolerance
    ) -> StapleEstimate? {
        precondition(limit > 0 && tolerance >= 0, "\(limit) iterations to \(tolerance)")
        guard let shares = shareOfVotes() else { return nil }
        let prior = given ?? shares
        precondition(
            prior.count == classes && prior.allSatisfy { $0 >= 0 }
                && abs(prior.reduce(0, +) - 1) < 1e-6, "\(prior) is no prior of \(classes) classes")
        // A class that nobody votes for is nowhere, whatever its prior: without votes its rates would
        // be anything.
        let isPossible = zip(prior, shares).map { $0 > 0 && $1 > 0 }
        guard isPossible.contains(true) else { return nil }
        // Of a member who never decides where a class may be, nothing is known.
        var rates = [Double](
            repeating: 1 / Double(classes), count: members * classes * classes)
        var posterior = sharesOfPatterns()
        var (made, movement) = (0, Double.infinity)
        while made < limit, movement > tolerance {
            let new = maximise(posterior, rates).rates
            movement = zip(new, rates).reduce(0) { max($0, abs($1.0 - $1.1)) }
            rates = new
            expect(prior, isPossible, rates, &posterior)
            made += 1
        }
        return StapleEstimate(
            classes: classes, members: members, prior: prior, rates: rates,
            weights: maximise(posterior, rates).weights,
            iterations: made, isConverged: movement <= tolerance, patternOf: patternOf,
            posterior: posterior)
    }

    private func shareOfVotes() -> [Double]? {
        var votes = [Int](repeating: 0, count: classes)
        for (index, decision) in patterns.enumerated() where decision != LabelMap.ignore {
            votes[Int(decision)] += sizes[index / members]
        }
        let all = votes.reduce(0, +)
        return all > 0 ? votes.map { Double($0) / Double(all) } : nil
    }

    /// The share of votes for each class in the pixels of each pattern, `[pattern, class]`.
    private func sharesOfPatterns() -> [Double] {
        var shares = [Double](repeating: 0, count: sizes.count * classes)
        for pattern in sizes.indices {
            let votes = patterns[pattern * members..<(pattern + 1) * members]
                .filter { $0 != LabelMap.ignore }
            for vote in votes { shares[pattern * classes + Int(vote)] += 1 / Double(votes.count) }
        }
        return shares
    }

    /// The probability of each class in the pixels of each pattern, `[pattern, class]`; 0 for all
    /// classes where no member decided.
    private func expect(
        _ prior: [Double], _ isPossible: [Bool], _ rates: [Double], _ posterior: inout [Double]
    ) {
        // Logarithms: a product over many members would leave the range of Double. What a member
        // never does is all but impossible, so that members who contradict one another in it still
        // leave a class.
        let logPrior = prior.map { log(max($0, .leastNormalMagnitude)) }
        let logRates = rates.map { log(max($0, .leastNormalMagnitude)) }
        for pattern in sizes.indices {
            let first = pattern * classes
            var (largest, isVoted) = (-Double.infinity, false)
            for label in 0..<classes {
                var sum = logPrior[label]
                for member in 0..<members {
                    let decision = patterns[pattern * members + member]
                    if decision == LabelMap.ignore { continue }
                    isVoted = true
                    sum += logRates[(member * classes + label) * classes + Int(decision)]
                }
                posterior[first + label] = sum
                if isPossible[label] { largest = max(largest, sum) }
            }
            var total = 0.0
            for label in 0..<classes {
                let value =
                    isVoted && isPossible[label] ? exp(posterior[first + label] - largest) : 0
                posterior[first + label] = value
                total += value
            }
            guard total > 0 else { continue }
            for label in 0..<classes { posterior[first + label] /= total }
        }
    }

    /// The rates that the probabilities speak for, and the pixels that each rests on: those where the
    /// member decides and the class is, `[member, class]`. Rates that rest on none stay.
    private func maximise(
        _ posterior: [Double], _ rates: [Double]
    ) -> (rates: [Double], weights: [Double]) {
        var sums = [Double](repeating: 0, count: rates.count)
        for pattern in sizes.indices {
            let size = Double(sizes[pattern])
            for member in 0..<members {
                let decision = patterns[pattern * members + member]
                if decision == LabelMap.ignore { continue }
                for label in 0..<classes {
                    sums[(member * classes + label) * classes + Int(decision)] +=
                        size * posterior[pattern * classes + label]
                }
            }
        }
        var weights = [Double](repeating: 0, count: members * classes)
        for row in weights.indices {
            let cells = row * classes..<(row + 1) * classes
            let total = sums[cells].reduce(0, +)
            weights[row] = total
            for cell in cells { sums[cell] = total > 0 ? sums[cell] / total : rates[cell] }
        }
        return (sums, weights)
    }
}
