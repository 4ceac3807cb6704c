import Foundation
import TensorCore

/// The shares of members in the mean of their probabilities that make the truth the likeliest.
///
/// The log loss of a mixture is convex in the shares. With all members speaking of every image this
/// is expectation-maximisation for mixture proportions (Dempster, Laird and Rubin 1977): a share
/// becomes the mean, over images and their pixels, of the part that its member has in the truth's
/// probability. Where only some members speak of an image, the shares of these are brought to a sum
/// of 1, and the step is the minorisation of that quotient (Hunter, "MM algorithms for generalized Bradley-Terry
/// models", Annals of Statistics 32, 2004). Either never raises the loss.
struct MixtureWeights {
    /// What the voters of one image give the truth.
    struct Image {
        var voters: [Int]
        /// `[entry][voter]`, above 0; an entry is a pixel, or a pixel and a class.
        var values: [Float]

        var entries: Int { values.count / voters.count }

        init(voters: [Int], values: [Float]) {
            precondition(!voters.isEmpty && values.count.isMultiple(of: voters.count))
            self.voters = voters
            self.values = values
        }

        /// - Parameter classes: which of overlapping classes.
        init(_ image: FitSample.Image, classes: [Int]) {
            let answers = image.answers.map { image.truthProbabilities($0, classes: classes) }
            let entries = answers[0].count
            self.init(
                voters: image.voters,
                values: [Float](unsafeUninitializedCapacity: entries * answers.count) {
                    values, count in
                    for (voter, answer) in answers.enumerated() {
                        for entry in 0..<entries {
                            values.initializeElement(
                                at: entry * answers.count + voter, to: answer[entry])
                        }
                    }
                    count = entries * answers.count
                })
        }
    }

    static let iterationLimit = 1000
    /// Shares that move by no more than this are at rest.
    static let tolerance = 1e-7
    /// No share is less, so that every image keeps its voters; who has it is better left out.
    static let leastShare = 1e-6

    /// By member, summing to 1.
    let shares: [Double]
    /// Of equal shares, and of these.
    let equalLoss: Double
    let loss: Double
    let iterations: Int

    /// Fits from equal shares on. A member that speaks of no image beside others keeps its own.
    ///
    /// - Returns: nil where no image has an entry.
    init?(_ images: [Image], members: Int) {
        let images = images.filter { $0.entries > 0 }
        guard !images.isEmpty, members > 0 else { return nil }
        let equal = [Double](repeating: 1 / Double(members), count: members)
        // A voter alone gives the truth the same, whatever its share.
        let compared = images.filter { $0.voters.count > 1 }
        var shares = equal
        var (made, movement) = (0, Double.infinity)
        while made < Self.iterationLimit, movement > Self.tolerance, !compared.isEmpty {
            let next = Self.step(compared, shares)
            movement = zip(next, shares).reduce(0) { max($0, abs($1.0 - $1.1)) }
            shares = next
            made += 1
        }
        shares = shares.map { max($0, Self.leastShare) }
        let sum = shares.reduce(0, +)
        shares = shares.map { $0 / sum }
        equalLoss = Self.logLoss(images, equal)
        loss = Self.logLoss(images, shares)
        self.shares = shares
        iterations = made
    }

    /// The mean over the images of the mean negative logarithm of what the truth is given.
    static func logLoss(_ images: [Image], _ shares: [Double]) -> Double {
        parts(images, shares).reduce(0) { $0 + $1.loss } / Double(images.count)
    }

    private static func step(_ images: [Image], _ shares: [Double]) -> [Double] {
        var parts = [Double](repeating: 0, count: shares.count)
        var chances = parts
        for (image, part) in zip(images, Self.parts(images, shares)) {
            for (place, voter) in image.voters.enumerated() {
                parts[voter] += part.parts[place]
                chances[voter] += 1 / part.total
            }
        }
        // Shares of the silent stay; the others share what is left.
        var next = shares
        var (speaking, left) = (0.0, 1.0)
        for member in shares.indices {
            if chances[member] > 0 {
                next[member] = parts[member] / chances[member]
                speaking += next[member]
            } else {
                left -= shares[member]
            }
        }
        for member in shares.indices where chances[member] > 0 { next[member] *= left / speaking }
        return next
    }

    /// One image's part of a step.
    private struct Part {
        /// Each voter's mean part in the truth's probability.
        var parts: [Double]
        /// Sum of the voters' shares.
        var total: Double
        var loss: Double
    }

    private static func parts(_ images: [Image], _ shares: [Double]) -> [Part] {
        var results = [Part](
            repeating: Part(parts: [], total: 0, loss: 0), count: images.count)
        ComputeThread.shared.run {
            results.withUnsafeMutableBufferPointer { results in
                parallelFor(images.count) { range in
                    for index in range { results[index] = part(images[index], shares) }
                }
            }
        }
        return results
    }

    private static func part(_ image: Image, _ shares: [Double]) -> Part {
        let own = image.voters.map { shares[$0] }
        let total = own.reduce(0, +)
        var parts = [Double](repeating: 0, count: own.count)
        var logs = 0.0
        image.values.withUnsafeBufferPointer { values in
            own.withUnsafeBufferPointer { own in
                parts.withUnsafeMutableBufferPointer { parts in
                    for start in stride(from: 0, to: values.count, by: own.count) {
                        var sum = 0.0
                        for voter in own.indices {
                            sum += own[voter] * Double(values[start + voter])
                        }
                        for voter in own.indices {
                            parts[voter] += own[voter] * Double(values[start + voter]) / sum
                        }
                        logs += log(sum)
                    }
                }
            }
        }
        let entries = Double(image.entries)
        return Part(
            parts: parts.map { $0 / entries }, total: total, loss: log(total) - logs / entries)
    }
}
