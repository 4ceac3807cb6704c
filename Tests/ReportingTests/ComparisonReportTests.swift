import Foundation
import ModelZoo
import Testing

@testable import Ensembling
@testable import Reporting

@Suite struct ComparisonReportTests {
    private func verdict(_ mean: Double, _ lower: Double?, _ upper: Double?) -> String? {
        ComparisonReport(
            SampleComparison.make {
                $0.differences[0] = SampleComparison.difference(
                    "mean member", mean: mean, lower: lower, upper: upper)
            }
        ).verdict
    }

    /// The sentence claims no more than its interval.
    @Test func verdicts() throws {
        let better = try #require(verdict(0.05, 0.01, 0.08))
        #expect(better.hasPrefix("The ensemble beats its mean member: Dice 0.750, +0.0500"))
        #expect(better.contains("+0.0100 to +0.0800"))
        #expect(try #require(verdict(-0.05, -0.08, -0.01)).contains("worse than its mean member"))
        for (lower, upper) in [(-0.01, 0.08), (0.0, 0.08), (-0.08, 0.0)] {
            let unclear = try #require(verdict(0.03, lower, upper))
            #expect(unclear.hasPrefix("No clear difference") && unclear.contains("holds zero"))
        }
        #expect(try #require(verdict(0.03, nil, nil)).contains("too few"))
        let alone = SampleComparison.make { $0.rows.remove(at: 1) }
        #expect(ComparisonReport(alone).verdict?.contains("nothing to compare") == true)
    }

    @Test func everyPartHasItsSection() throws {
        let page = ComparisonReport(SampleComparison.make()).page
        #expect(
            page.sections.map(\.id) == [
                "summary", "images", "size", "classes", "probabilities", "uncertainty",
                "diversity",
            ])
        let markup = try Markup(page.source)
        let text = markup.elements.first { $0.name == "body" }?.text ?? ""
        for words in ["sea & ice", "m<0>", "open, \"dark\" water", "best member by validation"] {
            #expect(text.contains(words), "\(words)")
        }
        // Charts are told in words too.
        #expect(
            markup.elements.filter { $0.name == "svg" && $0.attributes["role"] == "img" }.count > 6)
        #expect(page.source == ComparisonReport(SampleComparison.make()).page.source)
    }

    @Test func whatThereIsNotHasNoSection() throws {
        let bare = SampleComparison.make {
            SampleComparison.empty(&$0)
            for index in $0.rows.indices {
                $0.rows[index].classes = nil
                $0.rows[index].calibration = nil
                $0.rows[index].contours = nil
            }
        }
        let page = ComparisonReport(bare).page
        #expect(page.sections.map(\.id) == ["summary", "images"])
        _ = try Markup(page.source)
    }

    @Test func whatSpoilsTheComparisonIsSaid() {
        let warnings = ComparisonReport(
            SampleComparison.make {
                $0.missingMembers = ["a"]
                $0.seenInTraining = 2
                $0.fittedImages = 3
            }
        ).warnings
        #expect(warnings.count == 3)
        #expect(warnings[1].contains("2 of these 3 images"))
        #expect(ComparisonReport(SampleComparison.make()).warnings.isEmpty)
    }

    @Test func theOutOfBagRecordIsDrawn() throws {
        let score = MemberManifest.Score(
            reduction: .perImage, absentClasses: .skip, images: 2, values: ["dice": 0.7],
            isOptimistic: true)
        let record = OutOfBagRecord(
            created: "2025-03-01T09:30:00Z", software: "test", members: [], data: "squares",
            fingerprint: "00",
            score: .init(score: score, coverage: .init(images: 2, total: 3, meanVotes: 1.5)),
            images: [
                .init(id: "a", votes: 2, dice: 0.8, classDice: [0.8]),
                .init(id: "b", votes: 1, dice: 0.6, classDice: [nil]), .init(id: "c", votes: 0),
            ],
            classes: [.init(name: "ice", images: 2, dice: 0.7, iou: 0.6)],
            curve: .init(
                orders: 20,
                points: [.init(members: 1, mean: 0.6, lowest: 0.5, highest: 0.7, coverage: 0.4)]))
        let page = ComparisonReport(SampleComparison.make(), outOfBag: record).page
        let section = try #require(page.sections.first { $0.id == "out-of-bag" })
        #expect(section.intro.contains("2 of 3 images") && section.intro.contains("Too good"))
        let text = try Markup("<div>" + section.body.source + "</div>").elements[0].text
        #expect(text.contains("Dice 0.800") && text.contains("Dice 0.600"))
    }
}
