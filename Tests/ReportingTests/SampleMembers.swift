import DurableFiles

@testable import Reporting
@testable import Training

/// Members as they are reported, each with a history, a bag and scores.
enum SampleMembers {
    static func record(_ epoch: Int, isBest: Bool = true) -> EpochRecord {
        EpochRecord(
            epoch: epoch, trainingLoss: 1 / Double(epoch), validationLoss: 0.5,
            validationDice: 0.5, validationIoU: nil, validationAccuracy: nil,
            rate: 0.1 / Double(epoch), seconds: 30, isBest: isBest, lossWeights: nil)
    }

    /// Losses of 0.4, 0.3, 0.2 … and Dice of 0.6, 0.7, 0.8 …
    static func make(
        _ count: Int, _ change: (inout ReportedMember, Int) -> Void = { _, _ in }
    ) -> [ReportedMember] {
        (0..<count).map { index in
            var member = ReportedMember(
                name: "m<\(index)>", architecture: "unet-resnet18", parameters: 14_000_000,
                records: (1...4).map { record($0) },
                bag: .init(unit: "image", drawn: 60, distinct: 38 + index, missingClasses: []),
                validation: [
                    "loss": 0.4 - 0.1 * Double(index), "dice": 0.6 + 0.1 * Double(index),
                    "iou": 0.5 + 0.1 * Double(index),
                ], loss: .string("bce"), seconds: 120)
            change(&member, index)
            return member
        }
    }
}
