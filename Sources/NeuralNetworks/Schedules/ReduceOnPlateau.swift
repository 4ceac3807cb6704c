/// Lowers the learning rate where a score stops improving; PyTorch's `ReduceLROnPlateau` with a
/// relative threshold and without a cooldown.
public struct ReduceOnPlateau: Sendable, Hashable, Codable {
    /// A change of the rate by no more than this is not made; PyTorch's `eps`. Unlike `threshold` it
    /// is a difference, not a part.
    private static let smallestChange = 1e-8

    public let monitor: MonitoredScore
    /// What the rate is multiplied with.
    public let factor: Double
    /// Epochs without improvement that are tolerated.
    public let patience: Int
    /// By which part of the best score a better one must differ.
    public let threshold: Double
    /// The lowest rate.
    public let minimum: Double
    /// The rate now.
    public private(set) var rate: Double
    /// The best score so far.
    public private(set) var best: Double?
    /// Epochs since then, or since the rate was lowered.
    public private(set) var epochsWithout = 0

    /// - Parameter rate: the one at the start.
    public init(
        monitor: MonitoredScore, factor: Double, patience: Int, threshold: Double,
        minimum: Double, rate: Double
    ) {
        self.monitor = monitor
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.minimum = minimum
        self.rate = rate
    }

    /// Notes an epoch's score; one that is NaN or not there is no improvement.
    public mutating func record(_ score: Double?) {
        if let score, isBetter(score) {
            best = score
            epochsWithout = 0
        } else {
            epochsWithout += 1
        }
        guard epochsWithout > patience else { return }
        epochsWithout = 0
        let lower = max(rate * factor, minimum)
        if rate - lower > Self.smallestChange { rate = lower }
    }

    /// Whether both lower the rate by the same rule, whatever they have seen.
    public func hasSameRule(as other: ReduceOnPlateau) -> Bool {
        monitor == other.monitor && factor == other.factor && patience == other.patience
            && threshold == other.threshold && minimum == other.minimum
    }

    private func isBetter(_ score: Double) -> Bool {
        guard let best else { return !score.isNaN }
        // By the size of the best: a loss may be negative, where PyTorch's product goes the wrong way.
        let least = threshold * abs(best)
        return monitor.isHigherBetter ? score > best + least : score < best - least
    }
}
