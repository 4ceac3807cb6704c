import Foundation
import SegmentationMetrics
import Testing

@Suite struct ScoreSummaryTests {
    @Test func aMissingScoreIsWrittenAsNull() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let summary = ScoreSummary(value: nil, used: 0, skipped: 3)
        let data = try encoder.encode(summary)
        #expect(String(decoding: data, as: UTF8.self) == #"{"skipped":3,"used":0,"value":null}"#)
        #expect(try JSONDecoder().decode(ScoreSummary.self, from: data) == summary)
    }
}
