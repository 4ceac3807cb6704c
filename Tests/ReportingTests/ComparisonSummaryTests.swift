import Foundation
import Testing
import Training

@testable import Ensembling
@testable import Reporting

/// What the page says of its numbers: what they are of, what they leave out, which is the best.
@Suite struct ComparisonSummaryTests {
    private func page(_ change: (inout Comparison) -> Void) -> HTMLPage {
        ComparisonReport(SampleComparison.make(change)).page
    }

    private func section(_ page: HTMLPage, _ id: String) throws -> (intro: String, page: Markup) {
        let section = try #require(page.sections.first { $0.id == id })
        return (section.intro, try Markup("<div>" + section.body.source + "</div>"))
    }

    private func text(_ page: HTMLPage, _ id: String) throws -> String {
        try section(page, id).page.elements[0].text
    }

    // MARK: Groups and images

    /// Images without a Dice are in no difference, and make no groups.
    @Test(arguments: [(10, false), (9, true), (4, true)])
    func groupsAreFewerThanTheImagesOfTheDifference(_ groups: Int, _ isGrouped: Bool) throws {
        let page = page { comparison in
            comparison.images = 12
            comparison.differences[0].wins = 5
            comparison.differences[0].ties = 1
            comparison.differences[0].losses = 4
            comparison.differences[0].groups = groups
        }
        let (intro, body) = try section(page, "summary")
        #expect(intro.contains("paired by image."))
        #expect(
            intro.hasSuffix(" Intervals and tests are over \(groups) groups of images.")
                == isGrouped)
        let text = body.elements[0].text
        #expect(text.contains("signed-rank test over \(isGrouped ? "groups" : "images");"))
    }

    @Test func meansAreOverTheImagesThatWereScored() throws {
        let page = page { $0.rows[3].skipped = 4 }
        #expect(page.facts[0].note == "mean of 2 images, 0.600 to 0.900")
        #expect(page.subtitle.contains("on 3 images of squares"))
        let text = try text(page, "summary")
        #expect(text.contains("in none of its means and differences: 1 of 3 images."))
        #expect(
            text.contains(
                "in neither truth nor prediction is not scored (up to 4 scores of a model)."))
        let whole = self.page { $0.perImage[1].ensembleDice = 0.5 }
        #expect(try !self.text(whole, "summary").contains("Without a Dice"))
        #expect(
            try self.text(self.page { $0.absentClasses = .one }, "summary").contains("scores 1."))
    }

    @Test func whatWasDoneToTheMasksIsSaid() throws {
        let flip = try #require(TestTimeAugmentation(["horizontal-flip"]))
        let page = page { comparison in
            comparison.postprocessing = ["ice: from 40 pixels"]
            comparison.testTime = .init(isOverridden: true, members: [flip, flip])
        }
        let text = try text(page, "summary")
        #expect(text.contains("Post-processed, members as the ensemble: ice: from 40 pixels."))
        #expect(
            text.contains("Test-time augmentation: horizontal-flip, in place of the members' own."))
        func foot(_ page: HTMLPage, _ name: String) -> String? {
            page.provenance.first { $0.name == name }?.value
        }
        #expect(foot(page, "post-processing") == "ice: from 40 pixels")
        #expect(
            foot(page, "test-time augmentation") == "horizontal-flip, in place of the members' own")
        let plain = self.page { _ in }
        #expect(foot(plain, "post-processing") == "none")
        #expect(foot(plain, "test-time augmentation") == "not recorded")
        #expect(try !self.text(plain, "summary").contains("Test-time"))
    }

    @Test func imagesWithDiceZeroStandBesideTheIntervals() throws {
        #expect(
            try text(page { _ in }, "summary")
                .contains("Images with Dice 0: 0 by the ensemble, 0 by each member."))
        let failed = page { comparison in
            comparison.perImage[0].ensembleDice = 0
            comparison.perImage[0].memberDice = [0, nil]
            comparison.perImage[2].memberDice = [0, 0.5]
        }
        #expect(
            try text(failed, "summary")
                .contains("Images with Dice 0: 1 by the ensemble, 0 to 2 by a member."))
        #expect(failed.facts[0].note?.hasSuffix("; 1 with Dice 0") == true)
        #expect(try text(failed, "images").contains("median 0.450, 1 at 0"))
    }

    // MARK: Warnings

    @Test func warningsStandOut() throws {
        let page = page { comparison in
            comparison.missingMembers = ["a"]
            comparison.seenInTraining = 2
            comparison.fittedImages = 3
        }
        let warnings = try section(page, "summary").page.all(class: "warning").map(\.text)
        #expect(warnings.count == 3)
        #expect(
            warnings[0]
                == "Warning: 1 member of the ensemble is missing; this is the comparison of the "
                + "others.")
        #expect(warnings.allSatisfy { $0.hasPrefix("Warning: ") })
        #expect(HTMLStyle.sheet.contains(".warning{"))
        #expect(try section(self.page { _ in }, "summary").page.all(class: "warning").isEmpty)
    }

    // MARK: Stars

    @Test func onlyModelsCompete() throws {
        let page = page { comparison in
            comparison.rows[2].loss = 0.1
            comparison.rows[3].loss = 0.2
            comparison.rows[0].millisecondsPerImage = 7
            comparison.rows[0].validationLoss = 0.31
            comparison.rows[1].validationLoss = 0.32
        }
        let own = try text(page, "summary")
        // The ensemble's, not the mean member's, which is a number and no model.
        #expect(own.contains("0.200\u{2605}") && !own.contains("0.100\u{2605}"))
        #expect(own.contains("0.750\u{2605}"))
        #expect(own.contains("\u{2605} best of members and ensemble."))
        // Costs are no contest, nor are losses that may each be of another kind.
        #expect(own.contains("7.00") && !own.contains("7.00\u{2605}"))
        #expect(own.contains("0.310") && !own.contains("0.310\u{2605}"))
        let validated = self.page { comparison in
            comparison.rows[0].validationLoss = 0.31
            comparison.rows[1].validationLoss = 0.32
            comparison.rows[3].validationLoss = 0.33
        }
        #expect(try text(validated, "summary").contains("0.310\u{2605}"))
        #expect(try !text(page, "uncertainty").contains("\u{2605}"))
    }

    @Test func masksWithoutADistanceAreCountedBesideTheMean() throws {
        func text(_ missing: [Int]) throws -> String {
            try self.text(
                page { comparison in
                    for (index, count) in missing.enumerated() {
                        comparison.rows[index].contours = .init(
                            boundaryIoU: 0.5, hausdorff95: 4.25 - Double(index),
                            withoutDistance: count)
                    }
                }, "summary")
        }
        let some = try text([12, 0, 12, 5])
        #expect(some.contains("4.312") && some.contains("2.3n/a") && some.contains("1.35"))
        #expect(some.contains("No HD95: classes of images that only one of the two shows"))
        #expect(!some.contains("1.3\u{2605}"))
        let all = try text([0, 0, 0, 0])
        #expect(all.contains("1.3\u{2605}") && !all.contains("No HD95"))
        #expect(all.contains("in pixels") && all.contains("n/a where there are none"))
    }

    // MARK: What is left out

    @Test func classesThatAreNotDrawnAreCounted() throws {
        func page(_ count: Int) -> HTMLPage {
            self.page { comparison in
                comparison.classes = (0..<count).map { "k\($0)" }
                comparison.reliability = comparison.classes.map {
                    .init(
                        model: "ensemble", class: $0, expectedError: 0.02,
                        bins: [.init(probability: 0.25, frequency: 0.3, pixels: 100)])
                }
                comparison.confusion = .init(
                    pixels: (0..<count).map { row in (0..<count).map { $0 == row ? 9 : 1 } })
            }
        }
        let many = try section(page(45), "probabilities")
        #expect(many.page.all("figcaption").count == 12)
        #expect(
            many.intro.hasSuffix(
                " The first 12 of 45 classes are drawn; the other 33 are in tables/reliability.csv."
            ))
        #expect(try text(page(45), "classes").contains("All are in tables/confusion.csv."))
        let few = try section(page(12), "probabilities")
        #expect(few.page.all("figcaption").count == 12 && !few.intro.contains("drawn"))
        #expect(try !text(page(12), "classes").contains("confusion.csv"))
    }

    @Test func everyPairHasItsCells() throws {
        let names = (0..<4).map { "m\($0)" }
        let page = page { comparison in
            comparison.rows = names.map { SampleComparison.row(.member, $0, dice: 0.5) }
            comparison.perImage = []
            comparison.pairs = (0..<4).flatMap { second in
                (0..<second).map { first in
                    // In any order.
                    let isTurned = first == 1
                    return .init(
                        first: names[isTurned ? second : first],
                        second: names[isTurned ? first : second],
                        differing: Double(10 * first + second) / 100, disagreement: nil,
                        doubleFault: nil, qStatistic: nil, correlation: nil)
                }
            }
        }
        let cells = try section(page, "diversity").page.all(class: "cell").map(\.text)
        for first in 0..<4 {
            for second in 0..<4 where first != second {
                let share = NumberText.percent(
                    Double(10 * min(first, second) + max(first, second)) / 100,
                    min(first, second) == 0 ? 1 : 0)
                #expect(cells.contains("m\(first) and m\(second): \(share)"), "\(cells)")
            }
        }
    }
}
