import Testing

@testable import Training

@Suite struct EpochRecordScalarsTests {
    private let record = EpochRecord(
        epoch: 3, trainingLoss: 0.1, validationLoss: nil, validationDice: 0.7, validationIoU: nil,
        validationAccuracy: 0.9, rate: 1e-3, seconds: 12.5, isBest: true,
        lossWeights: [0.25, 1.75])

    @Test func whatIsMissingHasNoPoint() {
        let scalars = record.scalars(terms: ["dice", "dice"])
        #expect(
            scalars == [
                .init(tag: "loss/training", content: .scalar(0.1)),
                .init(tag: "validation/dice", content: .scalar(0.7)),
                .init(tag: "validation/accuracy", content: .scalar(0.9)),
                .init(tag: "training/rate", content: .scalar(1e-3)),
                .init(tag: "training/seconds", content: .scalar(12.5)),
                .init(tag: "loss-weight/1-dice", content: .scalar(0.25)),
                .init(tag: "loss-weight/2-dice", content: .scalar(1.75)),
            ])
        #expect(scalars.first?.tag == EpochRecord.firstTag)
    }

    @Test func fixedWeightsHaveNoCurve() {
        var fixed = record
        fixed.lossWeights = nil
        #expect(fixed.scalars(terms: ["bce", "dice"]).count == 5)
    }
}
