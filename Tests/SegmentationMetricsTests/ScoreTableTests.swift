import Foundation
import SegmentationMetrics
import Testing

@Suite struct ScoreTableTests {
    static let names = ["background", "soil", "bedrock", "sand", "rock"]

    @Test(arguments: AbsentClassPolicy.allCases, [false, true])
    func everyRowIsWhatSummarizeSays(_ policy: AbsentClassPolicy, _ skipBackground: Bool) {
        let images = GoldenCases.images
        let table = ScoreTable(
            images: images, classes: Self.names, absent: policy, skipBackground: skipBackground)
        #expect(table.rows.count == 12)
        for metric in Metric.allCases {
            for reduction in Reduction.allCases {
                let row = table.row(metric, reduction)
                #expect(
                    row.mean
                        == summarize(
                            images: images, metric: metric, reduction: reduction, absent: policy,
                            skipBackground: skipBackground))
                for index in Self.names.indices {
                    #expect(
                        row.perClass[index]
                            == summarize(
                                images: images, classes: [index], metric: metric,
                                reduction: reduction, absent: policy))
                }
            }
        }
    }

    @Test func aTableOfNothingHasNoScores() {
        let table = ScoreTable(images: [], classes: Self.names)
        #expect(table.rows.allSatisfy { $0.mean.value == nil && $0.perClass.count == 5 })
    }

    @Test func jsonNamesTheReductionAndThePolicy() throws {
        let table = ScoreTable(images: GoldenCases.images, classes: Self.names)
        let json = String(decoding: try JSONEncoder().encode(table), as: UTF8.self)
        for text in [#""reduction":"per-image""#, #""reduction":"pooled""#, #""absent":"skip""#] {
            #expect(json.contains(text))
        }
    }
}
