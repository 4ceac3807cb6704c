import Ensembling

extension EarlyExitFit {
    /// What may be promised and what it saves, a line a promise, for the terminal.
    public var text: String {
        var table = TextTable([
            ("risk", .right), ("95 % bound", .right), ("held back", .right), ("members", .right),
        ])
        for level in levels {
            table.add([
                Self.percent(level.risk), Self.percent(level.bound), Self.percent(level.changed),
                decimal(level.members, 2),
            ])
        }
        let first =
            "Early exit fitted on \(images) validation images of \(data), tested on \(heldBack); "
            + "pixels that differ from the whole ensemble's:"
        let exact =
            "no risk: \(decimal(exactMembers, 2)) of \(members) members"
            + (isOptimistic == true
                ? "; these images chose the members' epochs, others may take more" : "")
        return ([first] + (levels.isEmpty ? ["no risk could be promised"] : [table.text]) + [exact])
            .joined(separator: "\n")
    }

    private static func percent(_ share: Double) -> String { decimal(share * 100, 4) + " %" }
}
