import Foundation

/// What one epoch of one member's training gave.
public struct EpochRecord: Codable, Hashable, Sendable {
    /// Counted from 1.
    public var epoch: Int
    /// Mean of the batches' losses, weighted by their images.
    public var trainingLoss: Double
    /// Mean of the images' losses on the validation split; nil without one.
    public var validationLoss: Double?
    /// Per-image means over the classes.
    public var validationDice: Double?
    public var validationIoU: Double?
    public var validationAccuracy: Double?
    /// The optimiser's rate in the epoch's last step.
    public var rate: Double
    public var seconds: Double
    /// True where the monitored score was the best so far.
    public var isBest: Bool
    /// The weights of the loss's terms, where they adapt.
    public var lossWeights: [Double]?

    /// Whether anything was validated.
    public var hasScores: Bool {
        [validationLoss, validationDice, validationIoU, validationAccuracy].contains { $0 != nil }
    }

    /// The columns of `history.csv` and `metrics.csv`.
    public static let columns = [
        "epoch", "training_loss", "validation_loss", "validation_dice", "validation_iou",
        "validation_accuracy", "rate", "seconds", "best",
    ]

    /// One row, unrounded; what is missing is empty.
    public var row: String {
        func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
        return [
            String(epoch), text(trainingLoss), text(validationLoss), text(validationDice),
            text(validationIoU), text(validationAccuracy), text(rate), text(seconds),
            isBest ? "1" : "0",
        ].joined(separator: ",")
    }

    /// A member's table with its header (`history.csv`); where the weights of the loss adapt,
    /// `loss_weights` is its last column, the terms' weights with spaces between.
    public static func csv(_ records: [EpochRecord]) -> Data {
        table(header: columns, records.map { ($0.row, $0) })
    }

    /// The table of several members (`metrics.csv`): as a member's, the member's number before it.
    public static func csv(ofMembers records: [(member: Int, record: EpochRecord)]) -> Data {
        table(
            header: ["member"] + columns,
            records.map { ("\($0.member),\($0.record.row)", $0.record) })
    }

    private static func table(
        header: [String], _ rows: [(text: String, record: EpochRecord)]
    ) -> Data {
        let adapts = rows.contains { $0.record.lossWeights != nil }
        var lines = [(header + (adapts ? ["loss_weights"] : [])).joined(separator: ",")]
        for (text, record) in rows {
            let weights = (record.lossWeights ?? []).map { "\($0)" }.joined(separator: " ")
            lines.append(text + (adapts ? ",\(weights)" : ""))
        }
        return Data((lines.joined(separator: "\n") + "\n").utf8)
    }
}
