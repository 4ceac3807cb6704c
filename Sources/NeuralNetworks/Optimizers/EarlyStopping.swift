/// Stops training when a score has not improved for a number of epochs, and knows the best one.
public struct EarlyStopping: Sendable, Hashable, Codable {
    /// Epochs without improvement that are tolerated; nil never stops.
    public let patience: Int?
    /// How much lower a loss must be to count as better.
    public let minimumImprovement: Double
    /// The lowest loss so far and its epoch, counted from 1.
    public private(set) var best: Double?
    public private(set) var bestEpoch: Int?

    public init(patience: Int?, minimumImprovement: Double = 0) {
        self.patience = patience
        self.minimumImprovement = minimumImprovement
    }

    /// Notes an epoch's loss; true where it is the best so far, which NaN never is.
    public mutating func record(_ loss: Double, epoch: Int) -> Bool {
        guard loss < (best ?? .infinity) - minimumImprovement else { return false }
        best = loss
        bestEpoch = epoch
        return true
    }

    /// True where `epoch` is the last that should be trained.
    public func shouldStop(after epoch: Int) -> Bool {
        guard let patience, let bestEpoch else { return false }
        return epoch - bestEpoch >= patience
    }
}
