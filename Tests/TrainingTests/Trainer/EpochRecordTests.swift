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
}
