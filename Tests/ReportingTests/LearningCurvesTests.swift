import Testing

@testable import Reporting
@testable import Training

@Suite struct LearningCurvesTests {
    private func record(_ epoch: Int, best: Bool, rate: Double = 0.1, loss: Double? = 0.5)
        -> EpochRecord
    {
        EpochRecord(
            epoch: epoch, trainingLoss: 1 / Double(epoch), validationLoss: loss,
            validationDice: loss.map { 1 - $0 }, validationIoU: nil, validationAccuracy: nil,
            rate: rate / Double(epoch), seconds: 90, isBest: best, lossWeights: nil)
    }

    private func markup(_ members: [LearningCurves.Member]) throws -> Markup {
        try Markup("<main>" + LearningCurves(members).section().body.source + "</main>")
    }

    @Test func everyMemberHasItsLossesAndItsBestEpoch() throws {
        let members = (0..<3).map { member in
            LearningCurves.Member(
                "m\(member)", records: (1...6).map { record($0, best: $0 == 1 || $0 == 4) })
        }
        let page = try markup(members)
        #expect(
            page.all("figcaption").map(\.text) == [
                "Validation Dice", "Learning rate", "m0", "m1", "m2",
            ])
        // A ring a member in the chart of all, and one in each of their own.
        #expect(page.all(class: "ring").count == 6)
        #expect(
            page.all("tr").last?.text == "m2640.25000.50000.5000"
                + NumberText.duration(seconds: 540))
    }

    @Test func aScheduleThatAllShareIsOneLine() throws {
        let long = LearningCurves.Member("long", records: (1...6).map { record($0, best: true) })
        let short = LearningCurves.Member("short", records: (1...4).map { record($0, best: true) })
        let page = try markup([short, long])
        #expect(page.all("p").map(\.text).contains("The same for all members."))
        let other = LearningCurves.Member(
            "other", records: (1...6).map { record($0, best: true, rate: 0.2) })
        #expect(
            try !markup([long, other]).all("p").map(\.text).contains("The same for all members."))
    }

    @Test func oneHistoryIsNotTheSameForAll() throws {
        let own = LearningCurves.Member("own", records: (1...6).map { record($0, best: true) })
        let none = LearningCurves.Member("none", records: [])
        #expect(try !markup([own, none]).all("p").contains { $0.text.hasPrefix("The same") })
        #expect(try !markup([own]).all("p").contains { $0.text.hasPrefix("The same") })
        let twin = LearningCurves.Member("twin", records: own.records)
        #expect(
            try markup([own, none, twin]).all("p").map(\.text)
                .contains("The same for all 2 members with a history."))
    }

    @Test func whatCannotBeComparedHasNoBest() throws {
        func stars(_ change: (inout LearningCurves) -> Void) throws -> [String] {
            var curves = LearningCurves(
                [0.5, 0.25].enumerated().map {
                    .init("m\($0)", records: [record(1, best: true, loss: $1)])
                })
            change(&curves)
            return try Markup("<main>" + curves.section().body.source + "</main>")
                .all("strong").map(\.text)
        }
        #expect(try stars { _ in } == ["0.2500\u{2605}", "0.7500\u{2605}"])
        #expect(try stars { $0.shareLoss = false } == ["0.7500\u{2605}"])
        #expect(try stars { ($0.shareLoss, $0.shareValidation) = (false, false) } == [])
    }

    @Test func whatWasNotValidatedIsMissing() throws {
        let page = try markup([
            .init("m0", records: [record(1, best: false, loss: nil)]), .init("m1", records: []),
        ])
        #expect(page.all(class: "ring").isEmpty)
        #expect(page.all("text").map(\.text).contains("no values"))
        let rows = page.all("tr").map(\.text)
        #expect(rows.contains("m0" + "1" + "n/an/an/an/a" + NumberText.duration(seconds: 90)))
        #expect(rows.contains("m1" + "0" + "n/an/an/an/an/a"))
        #expect(try markup([]).all("p").map(\.text) == ["No training history."])
    }

    @Test func aLossThatRanAwayIsShownOnALogarithmicAxis() throws {
        var records = (1...5).map { record($0, best: true) }
        records[4].trainingLoss = 4000
        let page = try markup([.init("m0", records: records)])
        #expect(page.all("text").map(\.text).contains { $0.contains("1000") })
    }
}
