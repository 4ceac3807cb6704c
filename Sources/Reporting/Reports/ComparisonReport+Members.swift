import Ensembling

extension ComparisonReport {
    /// How differently the members decide.
    var pairs: HTMLPage.Section? {
        guard let pairs = comparison.pairs, !pairs.isEmpty else { return nil }
        let names = memberRows.map(\.name)
        // To be looked up: a search of the list for each cell grows with the fourth power of the
        // members.
        var known: [String: [String: Comparison.Pair]] = [:]
        for pair in pairs {
            known[pair.first, default: [:]][pair.second] = pair
            known[pair.second, default: [:]][pair.first] = pair
        }
        func matrix(_ value: (Comparison.Pair) -> Double?) -> [[Double?]] {
            names.map { first in names.map { known[first]?[$0].flatMap(value) } }
        }
        let table = HTMLTable(
            "Pairs of members", rowHeading: "Pair",
            columns: [
                .init("Decide differently"), .init("One right, one wrong"), .init("Both wrong"),
                .init("Yule's Q"), .init("Correlation"),
            ],
            groups: [
                .init(
                    nil,
                    pairs.map { pair in
                        .init(
                            "\(pair.first) and \(pair.second)",
                            [
                                .number(
                                    pair.differing, shown: NumberText.percent(pair.differing, 2)),
                                .number(
                                    pair.disagreement,
                                    shown: NumberText.percent(pair.disagreement, 2)),
                                .number(
                                    pair.doubleFault, shown: NumberText.percent(pair.doubleFault, 2)
                                ),
                                .number(pair.qStatistic, 3), .number(pair.correlation, 3),
                            ])
                    })
            ],
            note: "Q and the correlation are of being right: 1 where one member's errors are the "
                + "other's too, 0 where they are independent.")
        return HTMLPage.Section(
            id: "diversity", title: "How members differ",
            intro: "Members that err on different pixels have something to add to one another; "
                + "what both get wrong no average mends.",
            body: HTML([
                .columns([
                    HeatMap.pairs(
                        "Decided differently", names: names, values: matrix(\.differing),
                        quantity: "Pixels that two members decide differently"
                    ).figure,
                    HeatMap.pairs(
                        "Wrong together", names: names, values: matrix(\.doubleFault),
                        quantity: "Pixels that both get wrong"
                    ).figure,
                ]), .details("All pairs", table.html),
            ]))
    }

    /// How the members learned, and what on.
    var training: HTMLPage.Section? { MembersSection(members: members).section }
}
