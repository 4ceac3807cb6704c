import Foundation
import SegmentationMetrics
import Testing

@Suite struct ConfusionCountsTests {
    let counts = ConfusionCounts(
        truePositive: 1, falsePositive: 2, falseNegative: 3, trueNegative: 4)

    @Test func countsAddUp() {
        var sum = counts
        sum += counts
        #expect(sum == counts + counts)
        #expect(
            sum
                == ConfusionCounts(
                    truePositive: 2, falsePositive: 4, falseNegative: 6, trueNegative: 8))
        #expect(sum.pixels == 20)
        #expect(counts + ConfusionCounts() == counts)
    }

    @Test func onlyTrueNegativesMakeAnAbsentClass() {
        #expect(ConfusionCounts(trueNegative: 5).isAbsent)
        #expect(!ConfusionCounts(falsePositive: 1).isAbsent)
        #expect(!ConfusionCounts(falseNegative: 1).isAbsent)
        #expect(!ConfusionCounts(truePositive: 1).isAbsent)
    }

    @Test func jsonRoundTrip() throws {
        let data = try JSONEncoder().encode(counts)
        #expect(try JSONDecoder().decode(ConfusionCounts.self, from: data) == counts)
    }

    @Test(arguments: ["-1", "9223372036854775807", "1e300", "1.5", "null", "\"7\""])
    func aCountThatIsNoneIsRefused(_ text: String) {
        let json = """
            {"truePositive": 1, "falsePositive": \(text), "falseNegative": 0, "trueNegative": 0}
            """
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(ConfusionCounts.self, from: Data(json.utf8))
        }
    }
}
