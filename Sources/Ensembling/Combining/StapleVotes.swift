import DurableFiles
import Foundation

/// All members' decisions of one image, and the truth that they speak for: STAPLE (Warfield, Zou
/// and Wells, "Simultaneous truth and performance level estimation", IEEE Transactions on Medical
/// Imaging 23, 2004).
///
/// Two steps take turns: how often each member takes one class for another, given the probability
/// of each class in each pixel; then these probabilities, given the rates. They begin as shares of
/// the votes. The prior of a class is its share of all votes, the same in every pixel; there is no
/// spatial term. A binary mask is the case of two classes.
///
/// Pixels on which all members decide alike are counted as one pattern: an iteration takes time by
/// the number of patterns.
struct StapleVotes {
    /// No more iterations than this are made.
    static let iterationLimit = 1000
    /// Rates that move by no more than this are at rest.
    static let tolerance = 1e-9
    /// How often a member is taken to find a class that nowhere is.
    static let firstGuess = 0.99999

    let classes: Int
    let pixels: Int
    private(set) var members = 0
    /// The pattern of every pixel.
    private var patternOf: [Int32]
    /// Decisions, `[pattern][member]`.
    private var patterns: [UInt8] = []
    /// Pixels of each pattern.
    private var sizes: [Int]

    init(classes: Int, pixels: Int) {
        precondition((2...255).contains(classes) && pixels > 0 && pixels <= Int(Int32.max))
        self.classes = classes
        self.pixels = pixels
        patternOf = [Int32](repeating: 0, count: pixels)
        sizes = [pixels]
    }

    /// What was found.
    struct Estimate {
        let classes: Int
        let members: Int
        /// How often each member decides what, `[member][true class][decision]`.
        let rates: [Double]
        let iterations: Int
        /// Whether the rates came to rest before the limit.
        let isConverged: Bool
        fileprivate let patternOf: [Int32]
        /// `[pattern][class]`.
        fileprivate let posterior: [Double]

        func rate(_ member: Int, truth: Int, decision: Int) -> Double {
            rates[(member * classes + truth) * classes + decision]
        }

        /// The probability of one class, `[pixel]`.
        func probabilities(of label: Int) -> [Float] {
            let ofPattern = stride(from: label, to: posterior.count, by: classes).map {
                Float(posterior[$0])
            }
            return patternOf.map { ofPattern[Int($0)] }
        }
    }

    /// Adds one member's decisions, `[pixel]` of class indices.
    mutating func add(_ decisions: UnsafeBufferPointer<UInt8>) {
        precondition(decisions.count == pixels)
        // Where a pattern and a further decision lead, numbered as pixels first show it.
        var next = [Int32](repeating: -1, count: sizes.count * classes)
        var origins: [(pattern: Int, decision: UInt8)] = []
        var newSizes: [Int] = []
        patternOf.withUnsafeMutableBufferPointer { patternOf in
            for pixel in 0..<pixels {
                let decision = decisions[pixel]
                precondition(decision < classes, "label \(decision) of \(classes) classes")
                let slot = Int(patternOf[pixel]) * classes + Int(decision)
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
    func estimate(
        iterations limit: Int = iterationLimit, tolerance: Double = tolerance
    ) -> Estimate {
        precondition(members > 0, "no decision to estimate from")
        var posterior = sharesOfVotes()
        var prior = [Double](repeating: 0, count: classes)
        for index in posterior.indices {
            prior[index % classes] += posterior[index] * Double(sizes[index / classes])
        }
        for k in prior.indices { prior[k] /= Double(pixels) }
        var rates = [Double](
            repeating: (1 - Self.firstGuess) / Double(classes - 1),
            count: members * classes * classes)
        for row in 0..<members * classes {
            rates[row * classes + row % classes] = Self.firstGuess
        }
        var (made, movement) = (0, Double.infinity)
        while made < limit, movement > tolerance {
            let moved = rated(posterior, rates)
            movement = zip(moved, rates).reduce(0) { max($0, abs($1.0 - $1.1)) }
            rates = moved
            weigh(prior, rates, &posterior)
            made += 1
        }
        return Estimate(
            classes: classes, members: members, rates: rates, iterations: made,
            isConverged: movement <= tolerance, patternOf: patternOf, posterior: posterior)
    }

    /// `[pattern][class]`.
    private func sharesOfVotes() -> [Double] {
        var shares = [Double](repeating: 0, count: sizes.count * classes)
        for (index, decision) in patterns.enumerated() {
            shares[index / members * classes + Int(decision)] += 1 / Double(members)
        }
        return shares
    }

    /// The rates that the probabilities speak for; those of a class that nowhere is stay.
    private func rated(_ posterior: [Double], _ rates: [Double]) -> [Double] {
        var sums = [Double](repeating: 0, count: rates.count)
        for (index, decision) in patterns.enumerated() {
            let (pattern, member) = (index / members, index % members)
            let size = Double(sizes[pattern])
            for label in 0..<classes {
                sums[(member * classes + label) * classes + Int(decision)] +=
                    size * posterior[pattern * classes + label]
            }
        }
        for row in 0..<members * classes {
            let cells = row * classes..<(row + 1) * classes
            let total = sums[cells].reduce(0, +)
            for cell in cells { sums[cell] = total > 0 ? sums[cell] / total : rates[cell] }
        }
        return sums
    }

    /// The probabilities that the rates speak for, `[pattern][class]`.
    private func weigh(_ prior: [Double], _ rates: [Double], _ posterior: inout [Double]) {
        // In logarithms: a product over many members would leave the range of Double. What a member
        // never does is all but impossible, so that members who contradict one another in it still
        // leave a class.
        let logRates = rates.map { log(max($0, .leastNormalMagnitude)) }
        var sums = [Double](repeating: 0, count: classes)
        for pattern in sizes.indices {
            var largest = -Double.infinity
            for label in 0..<classes where prior[label] > 0 {
                var sum = log(prior[label])
                for member in 0..<members {
                    let decision = Int(patterns[pattern * members + member])
                    sum += logRates[(member * classes + label) * classes + decision]
                }
                sums[label] = sum
                largest = max(largest, sum)
            }
            var total = 0.0
            for label in 0..<classes {
                let value = prior[label] > 0 ? exp(sums[label] - largest) : 0
                posterior[pattern * classes + label] = value
                total += value
            }
            for label in 0..<classes { posterior[pattern * classes + label] /= total }
        }
    }
}

extension OpenedEnsemble {
    /// Decisions of one scene that STAPLE may hold: pixels times members times classes.
    static let largestStaple = 1 << 28

    /// Refuses scenes whose decisions would not fit in memory at once.
    ///
    /// - Throws: `FloeError` of kind `badData`.
    func checkStapleSize(height: Int, width: Int) throws {
        guard rule.method == .staple else { return }
        let decisions = height * width * members.count * classes
        guard decisions <= Self.largestStaple else {
            throw FloeError(
                .badData,
                "a scene of \(height)x\(width) is too large for STAPLE, which needs every member's "
                    + "whole answer at once",
                expected: "at most \(Self.largestStaple) pixels x members x classes",
                got: "\(decisions)",
                advice: "predict it in parts, or combine the members by soft-voting")
        }
    }
}
