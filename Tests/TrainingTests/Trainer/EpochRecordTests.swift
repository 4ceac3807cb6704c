import Foundation
import Testing

@testable import Training

@Suite struct EpochRecordTests {
    @Test func aTableIsUnroundedAndLeavesGaps() {
        let records = [
            EpochRecord(
                epoch: 1, trainingLoss: 1.0 / 3, rate: 1e-3, seconds: 2.5, isBest: false),
            EpochRecord(
                epoch: 2, trainingLoss: 0.25, validationLoss: 0.5, validationDice: 1,
                validationIoU: 0.75, validationAccuracy: 0.875, rate: 1e-8, seconds: 0,
                isBest: true),
        ]
        let text = String(decoding: EpochRecord.csv(records), as: UTF8.self)
        #expect(
            text == """
                epoch,training_loss,validation_loss,validation_dice,validation_iou,\
                validation_accuracy,rate,seconds,best
                1,0.3333333333333333,,,,,0.001,2.5,0
                2,0.25,0.5,1.0,0.75,0.875,1e-08,0.0,1

                """)
    }

    /// Epochs of logs that were written before they told of weights have none.
    @Test func weightsThatAdaptHaveAColumn() {
        let plain = EpochRecord(epoch: 1, trainingLoss: 0.5, rate: 1, seconds: 2, isBest: true)
        var weighted = plain
        weighted.lossWeights = [0.75, 1.25]
        func lines(_ data: Data) -> [Substring] {
            String(decoding: data, as: UTF8.self).split(separator: "\n")
        }
        let header = EpochRecord.columns.joined(separator: ",")
        #expect(lines(EpochRecord.csv([plain])) == [Substring(header), "1,0.5,,,,,1.0,2.0,1"])
        #expect(
            lines(EpochRecord.csv([plain, weighted])) == [
                "\(header),loss_weights", "1,0.5,,,,,1.0,2.0,1,", "1,0.5,,,,,1.0,2.0,1,0.75 1.25",
            ])
        #expect(
            lines(EpochRecord.csv(ofMembers: [(0, plain), (7, weighted)])) == [
                "member,\(header),loss_weights", "0,1,0.5,,,,,1.0,2.0,1,",
                "7,1,0.5,,,,,1.0,2.0,1,0.75 1.25",
            ])
        #expect(
            lines(EpochRecord.csv(ofMembers: [(3, plain)])) == [
                "member,\(header)", "3,1,0.5,,,,,1.0,2.0,1",
            ])
    }
}
