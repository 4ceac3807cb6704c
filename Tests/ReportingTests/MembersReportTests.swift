import DurableFiles
import ModelZoo
import Testing

@testable import Ensembling
@testable import Reporting

@Suite struct MembersReportTests {
    private func page(_ members: [ReportedMember], _ record: OutOfBagRecord? = nil) -> HTMLPage {
        MembersReport(title: "ice", subtitle: "", members: members, outOfBag: record).page
    }

    private func text(_ page: HTMLPage, _ section: String) throws -> String {
        let section = try #require(page.sections.first { $0.id == section })
        return try Markup("<div>" + section.body.source + "</div>").elements[0].text
    }

    private func fact(_ page: HTMLPage, _ name: String) throws -> HTMLPage.Fact {
        try #require(page.facts.first { $0.name == name })
    }

    @Test func theBestOfOneLossIsMarked() throws {
        let page = page(SampleMembers.make(3))
        let summary = try text(page, "members")
        #expect(summary.contains("0.2000\u{2605}") && summary.contains("0.8000\u{2605}"))
        #expect(summary.components(separatedBy: "\u{2605}").count == 1 + 3 + 1)
        #expect(!summary.contains("marked"))
    }

    @Test(arguments: [JSONValue.string("dice"), nil])
    func lossesOfDifferentKindsAreNotCompared(loss: JSONValue?) throws {
        let members = SampleMembers.make(3) { member, index in
            if index == 1 { member.loss = loss }
            for epoch in member.records.indices {
                member.records[epoch].validationLoss = 0.5 + 0.1 * Double(index)
            }
        }
        let page = page(members)
        let summary = try text(page, "members")
        #expect(!summary.contains("0.2000\u{2605}") && summary.contains("0.8000\u{2605}"))
        #expect(summary.contains("not trained with the same one"))
        #expect(try !text(page, "training").contains("0.5000\u{2605}"))
        let alike = SampleMembers.make(3) { member, index in
            for epoch in member.records.indices {
                member.records[epoch].validationLoss = 0.5 + 0.1 * Double(index)
            }
        }
        #expect(try text(self.page(alike), "training").contains("0.5000\u{2605}"))
    }

    @Test func scoresOnOtherImagesAreNotCompared() throws {
        let page = page(SampleMembers.make(3) { member, _ in member.validatedHeldOut = true })
        let summary = try text(page, "members")
        #expect(!summary.contains("\u{2605}") && summary.contains("its own bag left out"))
    }

    @Test func sumsOverSomeMembersSaySo() throws {
        let all = page(SampleMembers.make(2))
        #expect(try fact(all, "training").value == NumberText.duration(seconds: 240))
        #expect(try fact(all, "training").note == "all members")
        #expect(
            try fact(all, "validation Dice").note == "mean member, best epoch: a little too good")
        let some = page(
            SampleMembers.make(2) { member, index in
                if index == 1 { (member.seconds, member.validation) = (nil, [:]) }
            })
        #expect(try fact(some, "training").value == NumberText.duration(seconds: 120))
        #expect(try fact(some, "training").note == "1 of 2 members")
        #expect(try fact(some, "validation Dice").note?.hasSuffix("; 1 of 2 members") == true)
    }

    @Test(arguments: [true, false])
    func anOptimisticOutOfBagScoreIsMarked(isOptimistic: Bool) throws {
        let record = OutOfBagRecord(
            created: "2025-03-01T09:30:00Z", software: "test", members: [], data: "squares",
            fingerprint: "00",
            score: .init(
                score: MemberManifest.Score(
                    reduction: .perImage, absentClasses: .skip, images: 2, values: ["dice": 0.7],
                    isOptimistic: isOptimistic),
                coverage: .init(images: 2, total: 3, meanVotes: 1.5)),
            images: [
                .init(id: "a", votes: 2, dice: 0, classDice: [0]),
                .init(id: "b", votes: 1, dice: 1),
                .init(id: "c", votes: 0),
            ], classes: [])
        let page = page(SampleMembers.make(2), record)
        let fact = try fact(page, "Dice out of bag")
        #expect(fact.value == "0.700")
        #expect(fact.note == "2 of 3 images" + (isOptimistic ? ", too good" : ""))
        let section = try #require(page.sections.first { $0.id == "out-of-bag" })
        #expect(section.intro.contains("Too good") == isOptimistic)
        #expect(section.intro.contains("Images with Dice 0: 1."))
    }
}
