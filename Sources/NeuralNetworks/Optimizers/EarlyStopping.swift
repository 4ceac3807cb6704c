/// Stops training when a score has not improved for a number of epochs, and knows the best one.
public struct EarlyStopping: Sendable, Hashable, Codable {
    /// Epochs without improvement that are tolerated; nil never stops.
    public let patience: Int?
    /// How much better a score must be to count as better.
    public let minimumImprovement: Double
    /// Nil for the loss.
    private let monitor: MonitoredScore?
    /// The best score so far and its epoch, counted from 1.
    public private(set) var best: Double?
    public private(set) var bestEpoch: Int?

    public init(
        patience: Int?, minimumImprovement: Double = 0, monitor: MonitoredScore = .loss
    ) {
        self.patience = patience
        self.minimumImprovement = minimumImprovement
        self.monitor = monitor == .loss ? nil : monitor
    }

    /// Notes an epoch's score; true where it is the best so far, which neither NaN nor a score that
    /// is not there ever is.
    public mutating func record(_ score: Double?, epoch: Int) -> Bool {
        guard let score, isBetter(score) else { return false }
        best = score
        bestEpoch = epoch
        return true
    }

    /// True where `epoch` is the last that should be trained.
    public func shouldStop(after epoch: Int) -> Bool {
        guard let patience else { return false }
        return epoch - (bestEpoch ?? 0) >= patience
    }

    /// Whether both watch the same score in the same way, whatever they have seen.
    public func hasSameRule(as other: EarlyStopping) -> Bool {
        patience == other.patience && minimumImprovement == other.minimumImprovement
            && monitor == other.monitor
    }

    private func isBetter(_ score: Double) -> Bool {
        if monitor?.isHigherBetter == true {
            return score > (best ?? -.infinity) + minimumImprovement
        }
        return score < (best ?? .infinity) - minimumImprovement
    }
}
