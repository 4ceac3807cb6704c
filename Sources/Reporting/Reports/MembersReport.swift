import Ensembling

/// The page of members without a comparison: of a run, or of an ensemble.
public struct MembersReport {
    private let title: String
    private let subtitle: String
    private let members: [ReportedMember]
    private let outOfBag: OutOfBagRecord?
    private let recipe: String?
    private let provenance: [(name: String, value: String)]

    /// - Parameters:
    ///   - outOfBag: an ensemble's record, where it has one.
    ///   - recipe: the recipe as written, where there is one.
    public init(
        title: String, subtitle: String, members: [ReportedMember],
        outOfBag: OutOfBagRecord? = nil, recipe: String? = nil,
        provenance: [(name: String, value: String)] = []
    ) {
        self.title = title
        self.subtitle = subtitle
        self.members = members
        self.outOfBag = outOfBag
        self.recipe = recipe
        self.provenance = provenance
    }

    /// The page; the same members give the same bytes.
    public var page: HTMLPage {
        let sections = [
            summary, MembersSection(members: members).section,
            outOfBag.map { OutOfBagSection(record: $0).section }, recipeSection,
        ]
        return HTMLPage(
            title: title, subtitle: subtitle, facts: facts,
            sections: sections.compactMap { $0 }, provenance: provenance)
    }

    private var facts: [HTMLPage.Fact] {
        var facts = [HTMLPage.Fact("members", NumberText.count(members.count))]
        /// Of how many members, where it is not all of them.
        func part(_ count: Int) -> String? {
            count < members.count
                ? "\(count) of \(NumberText.counted(members.count, "member"))" : nil
        }
        let dice = members.compactMap { $0.validation["dice"] }
        if !dice.isEmpty {
            facts.append(
                .init(
                    "validation Dice", NumberText.fixed(dice.reduce(0, +) / Double(dice.count), 3),
                    note: ["mean member, best epoch: a little too good", part(dice.count)]
                        .compactMap { $0 }.joined(separator: "; ")))
        }
        if let outOfBag {
            let score = outOfBag.score
            facts.append(
                .init(
                    "Dice out of bag", NumberText.fixed(score.score.values["dice"], 3),
                    note: "\(score.coverage.images) of \(score.coverage.total) images"
                        + (score.score.isOptimistic ? ", too good" : "")))
        }
        let seconds = members.compactMap(\.seconds)
        if !seconds.isEmpty {
            facts.append(
                .init(
                    "training", NumberText.duration(seconds: seconds.reduce(0, +)),
                    note: part(seconds.count) ?? "all members"))
        }
        return facts
    }

    private var summary: HTMLPage.Section {
        let table = HTMLTable(
            "Members", rowHeading: "Member",
            columns: [
                .init("Network", isNumeric: false), .init("Parameters"), .init("Epochs"),
                .init("Validation loss", best: members.shareLoss ? .lowest : nil),
                .init("Validation Dice", best: members.shareValidation ? .highest : nil),
                .init("Validation IoU", best: members.shareValidation ? .highest : nil),
                .init("Training"),
            ],
            groups: [
                .init(
                    nil,
                    members.map { member in
                        .init(
                            member.name,
                            [
                                .text(member.architecture),
                                .number(
                                    Double(member.parameters),
                                    shown: NumberText.compact(member.parameters)),
                                .number(
                                    member.records.isEmpty ? nil : Double(member.records.count),
                                    shown: NumberText.count(member.records.count)),
                                .number(member.validation["loss"], 4),
                                .number(member.validation["dice"], 4),
                                .number(member.validation["iou"], 4),
                                .number(
                                    member.seconds,
                                    shown: NumberText.duration(seconds: member.seconds)),
                            ])
                    })
            ],
            note: ([
                "Of the epoch that was kept, which was chosen on these images: a little too good."
            ]
                + members.differences).joined(separator: " "))
        return HTMLPage.Section(id: "members", title: "Members", body: table.html)
    }

    private var recipeSection: HTMLPage.Section? {
        recipe.map { text in
            HTMLPage.Section(
                id: "recipe", title: "Recipe",
                body: .details(
                    "The resolved recipe",
                    .scrolling(.element("pre", [:], [HTML(text)]), label: "recipe")))
        }
    }
}
