import DurableFiles
import Foundation
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct EpochRecordReadingTests {
    private static func record(_ epoch: Int, weights: [Double]? = nil) -> EpochRecord {
        EpochRecord(
            epoch: epoch, trainingLoss: 0.1 * Double(epoch), validationLoss: epoch == 2 ? nil : 0.3,
            validationDice: 1 / 3, validationIoU: nil, validationAccuracy: 0.25, rate: 1e-7,
            seconds: 3.25, isBest: epoch == 1, lossWeights: weights)
    }

    @Test(arguments: [nil, [1.5, 0.1]]) func whatWasWrittenIsRead(_ weights: [Double]?) throws {
        try TrainingFixtures.withFolder { folder in
            let records = (1...3).map { Self.record($0, weights: weights) }
            try EpochRecord.csv(records).write(to: URL(fileURLWithPath: folder + "/history.csv"))
            #expect(try EpochRecord.read(folder + "/history.csv") == records)
        }
    }

    @Test func aTableWithoutEpochsIsEmpty() throws {
        try TrainingFixtures.withFolder { folder in
            try EpochRecord.csv([]).write(to: URL(fileURLWithPath: folder + "/history.csv"))
            #expect(try EpochRecord.read(folder + "/history.csv").isEmpty)
        }
    }

    @Test(arguments: [
        ("", "table of epochs"), ("a,b\n1,2\n", "table of epochs"), ("\u{FFFD}", "table of epochs"),
        ("1,2,3,4,5,6,7,8\n", "line 2"), ("x,0.1,,,,,0.1,1,1\n", "line 2"),
        ("1,0.1,abc,,,,0.1,1,1\n", "line 2"), ("1,0.1,,,,,0.1,1,yes\n", "line 2"),
        ("1,0.1,,,,,0.1,1,1\n2,,,,,,,,\n", "line 3"),
    ])
    func anythingElseIsRefused(_ text: String, _ word: String) throws {
        try TrainingFixtures.withFolder { folder in
            let header =
                word == "table of epochs" ? "" : EpochRecord.columns.joined(separator: ",") + "\n"
            let file = folder + "/history.csv"
            try Data((header + text).utf8).write(to: URL(fileURLWithPath: file))
            let error = TrainingFixtures.error(.badData) { _ = try EpochRecord.read(file) }
            #expect(error?.description.contains(word) == true)
        }
    }
}
