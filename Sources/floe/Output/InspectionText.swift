import Reporting
import SegmentationData

/// What a data set holds, for people.
struct InspectionText {
    let lines: [String]

    init(_ inspection: DatasetInspection) {
        var lines = ["\(inspection.name ?? "unnamed data set") in \(inspection.root)"]
        var summary =
            "\(inspection.images) images, \(inspection.samples) samples, "
            + "\(inspection.groups) groups"
        if inspection.split.count == 4 {
            let names = ["train", "validation", "test", "unused"]
            summary +=
                "; split: "
                + zip(inspection.split, names).filter { $0.0 > 0 || $0.1 != "unused" }
                .map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        }
        lines.append(summary)
        if inspection.excluded.total > 0 { lines.append(Self.excluded(inspection.excluded)) }
        lines += [""] + Self.files(inspection) + [""] + Self.bands(inspection)
        if inspection.labelledPixels + inspection.ignoredPixels > 0 {
            lines += [""] + Self.classes(inspection)
        }
        lines += Self.combinations(inspection) + Self.rules(inspection)
        lines += Self.remarks(inspection)
        self.lines = lines
    }

    private static func files(_ inspection: DatasetInspection) -> [String] {
        var table = TextTable([
            ("files", .right), ("pattern", .left), ("format", .left), ("size", .right),
            ("bands", .right), ("type", .left),
        ])
        for kind in inspection.fileKinds {
            table.add([
                "\(kind.files)", kind.pattern, kind.format.rawValue, "\(kind.size)",
                "\(kind.bands)", kind.sampleType.rawValue,
            ])
        }
        return table.lines
    }

    private static func bands(_ inspection: DatasetInspection) -> [String] {
        var table = TextTable([
            ("band", .left), ("mean", .right), ("deviation", .right), ("smallest", .right),
            ("largest", .right),
        ])
        for band in inspection.bands {
            table.add([
                band.name, Figures.fixed(band.mean, 2), Figures.fixed(band.deviation, 2),
                Figures.fixed(Double(band.minimum), 2), Figures.fixed(Double(band.maximum), 2),
            ])
        }
        return table.lines
    }

    private static func classes(_ inspection: DatasetInspection) -> [String] {
        var table = TextTable([
            ("class", .left), ("pixels", .right), ("share", .right), ("images", .right),
            ("total / pixels", .right), ("median frequency", .right),
        ])
        func weight(_ value: Double?) -> String { value.map { Figures.fixed($0, 3) } ?? "n/a" }
        for balance in inspection.classes {
            table.add([
                balance.name, "\(balance.pixels)", Figures.percent(balance.share),
                "\(balance.images)", weight(balance.inverseFrequency),
                weight(balance.medianFrequency),
            ])
        }
        let total = inspection.labelledPixels + inspection.ignoredPixels
        let share = Double(inspection.ignoredPixels) / Double(max(1, total))
        table.add(["(ignored)", "\(inspection.ignoredPixels)", Figures.percent(share), "", "", ""])
        return table.lines
    }

    private static func excluded(_ excluded: DatasetInspection.Excluded) -> String {
        let parts = [
            (excluded.ids, "by their ids"), (excluded.duplicateMasks, "for the same mask"),
            (excluded.duplicateImages, "for the same image"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return "left out by data.exclude: " + parts.joined(separator: ", ")
    }

    /// Rows of a table before it says how many more there are.
    private static let tableLimit = 20

    private static func combinations(_ inspection: DatasetInspection) -> [String] {
        let together = inspection.combinations.filter { $0.classes.count > 1 }
        guard !together.isEmpty else { return [] }
        var table = TextTable([
            ("classes in one image", .left), ("images", .right), ("support", .right),
        ])
        for item in together.prefix(tableLimit) {
            table.add([
                item.classes.joined(separator: ", "), "\(item.images)",
                Figures.percent(item.support),
            ])
        }
        var lines = [""] + table.lines + more(together.count)
        if let size = inspection.largestCombination {
            lines.append(
                "(only combinations of up to \(size) classes: there are too many; "
                    + "raise --min-support)")
        }
        return lines
    }

    private static func rules(_ inspection: DatasetInspection) -> [String] {
        guard !inspection.rules.isEmpty else { return [] }
        var table = TextTable([
            ("where there is", .left), ("there is", .left), ("support", .right),
            ("confidence", .right), ("lift", .right),
        ])
        for rule in inspection.rules.prefix(tableLimit) {
            table.add([
                rule.classes.joined(separator: ", "), rule.implies,
                Figures.percent(rule.support), Figures.percent(rule.confidence),
                Figures.fixed(rule.lift, 3),
            ])
        }
        return [""] + table.lines + more(inspection.rules.count)
    }

    private static func more(_ count: Int) -> [String] {
        count > tableLimit ? ["(and \(count - tableLimit) more, all with --json)"] : []
    }

    /// Ids that are alike, shortened where they are many.
    private static func alike(_ ids: [String]) -> String {
        let limit = 8
        return "\(ids.count): " + ids.prefix(limit).joined(separator: " = ")
            + (ids.count > limit ? " = … (\(ids.count - limit) more, all with --json)" : "")
    }

    private static func remarks(_ inspection: DatasetInspection) -> [String] {
        var lines: [String] = []
        func section(_ title: String, _ items: [String]) {
            guard !items.isEmpty else { return }
            lines += ["", "\(title):"] + items.map { "  \($0)" }
        }
        section(
            "the same image more than once",
            inspection.duplicateImages.map(alike))
        section(
            "the same mask more than once",
            inspection.duplicateMasks.map(alike))
        if let key = inspection.suggestedExclude {
            lines += ["", "to leave them out, put into the recipe:", "  \(key)"]
        }
        if inspection.uniformMasks > 0 {
            lines += ["", "masks of one value only: \(inspection.uniformMasks)"]
        }
        section("masks that belong to no image", inspection.unusedMasks)
        section("broken", inspection.problems)
        return lines
    }
}
