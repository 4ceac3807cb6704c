/// How members learned, and what on.
struct MembersSection {
    let members: [ReportedMember]

    /// Nil where nothing is known of it.
    var section: HTMLPage.Section? {
        let learned = members.contains { !$0.records.isEmpty }
        guard learned || members.contains(where: { $0.bag != nil }) else { return nil }
        var section = LearningCurves(
            members.map { .init($0.name, records: $0.records) }
        ).section(id: "training", title: "Training and bags")
        if let bags { section.body = section.body + bags }
        return section
    }

    private var bags: HTML? {
        let known = members.compactMap { member in member.bag.map { (member.name, $0) } }
        guard !known.isEmpty else { return nil }
        let unit = known[0].1.unit
        let chart = BarChart(
            "Bags", axis: "\(unit)s", parts: ["different ones", "drawn again"],
            rows: known.map { name, bag in
                let distinct = bag.distinct ?? bag.drawn
                return .init(
                    name, [Double(distinct), Double(max(0, bag.drawn - distinct))],
                    text: bag.distinct == nil
                        ? "\(bag.drawn) drawn" : "\(distinct) of \(bag.drawn) drawn")
            },
            note: missing(known))
        return chart.figure
    }

    private func missing(_ bags: [(String, ReportedMember.Bag)]) -> String? {
        let lines = bags.filter { !$0.1.missingClasses.isEmpty }
            .map { "\($0.0) never saw \($0.1.missingClasses.joined(separator: ", "))" }
        return lines.isEmpty ? nil : lines.joined(separator: "; ") + "."
    }
}
