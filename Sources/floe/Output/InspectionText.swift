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
        lines += [""] + Self.files(inspection) + [""] + Self.bands(inspection)
        if inspection.labelledPixels + inspection.ignoredPixels > 0 {
            lines += [""] + Self.classes(inspection)
        }
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
        ])
        for balance in inspection.classes {
            table.add([
                balance.name, "\(balance.pixels)", Figures.percent(balance.share),
                "\(balance.images)",
            ])
        }
        let total = inspection.labelledPixels + inspection.ignoredPixels
        let share = Double(inspection.ignoredPixels) / Double(max(1, total))
        table.add(["(ignored)", "\(inspection.ignoredPixels)", Figures.percent(share), ""])
        return table.lines
    }

    private static func remarks(_ inspection: DatasetInspection) -> [String] {
        var lines: [String] = []
        func section(_ title: String, _ items: [String]) {
            guard !items.isEmpty else { return }
            lines += ["", "\(title):"] + items.map { "  \($0)" }
        }
        section(
            "the same image more than once",
            inspection.duplicateImages.map { $0.joined(separator: " = ") })
        section(
            "the same mask more than once",
            inspection.duplicateMasks.map { $0.joined(separator: " = ") })
        section("masks that belong to no image", inspection.unusedMasks)
        section("broken", inspection.problems)
        return lines
    }
}
