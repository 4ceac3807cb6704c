/// How members learned, and what on.
struct MembersSection {
    let members: [ReportedMember]

    /// Nil where nothing is known of it.
    var section: HTMLPage.Section? {
        let learned = members.contains { !$0.records.isEmpty }
        guard learned || members.contains(where: { $0.bag != nil }) else { return nil }
        var curves = LearningCurves(members.map { .init($0.name, records: $0.records) })
        curves.shareLoss = members.shareLoss
        curves.shareValidation = members.shareValidation
        var section = curves.section(id: "training", title: "Training and bags")
        if let bags { section.body = section.body + bags.figure }
        return section
    }

    /// Nil where no member has a bag.
    var bags: BarChart? {
        let known = members.compactMap { member in member.bag.map { (member.name, $0) } }
        guard !known.isEmpty else { return nil }
        // How many ids differ is told only where they can be read.
        let isSome = known.contains { $0.1.distinct != nil }
        let isAll = known.allSatisfy { $0.1.distinct != nil }
        let parts =
            (isSome ? ["different ones", "drawn again"] : [])
            + (isAll ? [] : ["drawn, ids unknown"])
        return BarChart(
            "Bags", axis: Self.axis(Set(known.map(\.1.unit))), parts: parts,
            rows: known.map { name, bag in
                let again = bag.distinct.map { Double(max(0, bag.drawn - $0)) }
                let values: [Double?] =
                    (isSome ? [bag.distinct.map(Double.init), again] : [])
                    + (isAll ? [] : [bag.distinct == nil ? Double(bag.drawn) : nil])
                return .init(
                    name, values,
                    text: bag.distinct.map { "\($0) of \(bag.drawn) drawn" }
                        ?? "\(bag.drawn) drawn, ids unknown")
            },
            note: missing(known))
    }

    /// What is drawn, in the plural; an expression is no noun.
    private static func axis(_ units: Set<String>) -> String {
        guard units.count == 1, let unit = units.first else { return "images or groups of them" }
        switch unit {
        case "image": return "images"
        case "patch": return "patches"
        default: return "groups of images, by \(unit)"
        }
    }

    private func missing(_ bags: [(String, ReportedMember.Bag)]) -> String? {
        let lines = bags.filter { !$0.1.missingClasses.isEmpty }
            .map { "\($0.0) never saw \($0.1.missingClasses.joined(separator: ", "))" }
        return lines.isEmpty ? nil : lines.joined(separator: "; ") + "."
    }
}
