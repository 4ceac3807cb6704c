import Ensembling

extension ComparisonReport {
    // MARK: Summary

    var summary: HTMLPage.Section {
        HTMLPage.Section(
            id: "summary", title: "Summary",
            intro: "Every score is the mean of the images' own scores; differences are paired by "
                + "image."
                + (grouping.map { " Intervals and tests are over \($0) groups of images." } ?? ""),
            body: HTML(
                warnings.map(HTML.warning) + [
                    .paragraph(conditions, class: "note"),
                    .columns([table.html, differencePlot.figure]), costs.html,
                ]))
    }

    /// Groups of images that are one witness each; nil where every image is its own.
    private var grouping: Int? {
        mainDifference.flatMap { $0.isGrouped ? $0.groups : nil }
    }

    /// What the scores are of, and what they leave out.
    private var conditions: String {
        let skipped = comparison.mostSkipped
        let absent =
            "A class that an image has in neither truth nor prediction "
            + "\(comparison.absentClasses.words)"
            + (skipped > 0 ? " (up to \(NumberText.counted(skipped, "score")) of a model)." : ".")
        return [
            comparison.postprocessingText, comparison.testTime?.text, absent,
            comparison.unscoredText,
        ].compactMap { $0 }.joined(separator: " ")
    }

    /// What a star means where rows stand that take no part.
    static let star = "best of members and ensemble"

    private var table: HTMLTable {
        let misses = comparison.rows.compactMap { $0.contours?.withoutDistance }.max() ?? 0
        var columns: [HTMLTable.Column] = [
            .init("IoU", best: .highest), .init("Dice", best: .highest),
            .init("Pixel accuracy", best: .highest), .init("Boundary IoU", best: .highest),
            // Means over different masks are no contest.
            .init("HD95, pixels", best: misses == 0 ? .lowest : nil),
        ]
        if misses > 0 { columns.append(.init("No HD95")) }
        func row(_ row: Comparison.Row) -> HTMLTable.Row {
            var cells: [HTMLTable.Cell] = [
                .number(row.iou, 3), .number(row.dice, 3), .number(row.pixelAccuracy, 3),
                .number(row.contours?.boundaryIoU, 3), .number(row.contours?.hausdorff95, 1),
            ]
            if misses > 0 {
                // The mean member has no masks to count.
                let count = row.kind == .meanMember ? nil : row.contours?.withoutDistance
                cells.append(
                    .number(count.map { Double($0) }, shown: NumberText.count(count ?? 0)))
            }
            return HTMLTable.Row(
                row.name, cells, isEmphasised: row.kind == .ensemble, competes: row.isModel)
        }
        return HTMLTable(
            "Members and their ensemble", rowHeading: "Model",
            columns: columns,
            groups: [
                .init("Members", memberRows.map(row)),
                .init("Together", comparison.rows.filter { $0.kind != .member }.map(row)),
            ],
            note: comparison.rows.contains { $0.contours != nil } ? Self.distances(misses) : nil,
            star: Self.star)
    }

    /// What HD95 is, and what it means that it is missing.
    private static func distances(_ misses: Int) -> String {
        "HD95: 95th percentile of how far contours are apart, in pixels; mean over the images' "
            + "classes that both truth and prediction show, n/a where there are none."
            + (misses > 0
                ? " No HD95: classes of images that only one of the two shows; the mean does not "
                    + "charge for them." : "")
    }

    private var differencePlot: IntervalPlot {
        var plot = IntervalPlot(
            "Ensemble minus each model", axis: "Dice, ensemble minus this",
            rows: comparison.differences.map { difference in
                .init(
                    difference.against, mean: difference.mean, lower: difference.lower,
                    upper: difference.upper,
                    counts: (difference.wins, difference.ties, difference.losses),
                    isEmphasised: difference.against == meanRow?.name)
            })
        plot.remark = comparison.zeroDiceText
        return plot
    }

    private var costs: HTMLTable {
        let tested = comparison.differences
        func p(_ name: String) -> Comparison.Difference? { tested.first { $0.against == name } }
        return HTMLTable(
            "Losses, tests and costs", rowHeading: "Model",
            columns: [
                .init("Loss", best: .lowest),
                // Without one of the ensemble they are the members' own, each of its own loss.
                .init(
                    "Validation loss", best: ensembleRow?.validationLoss == nil ? nil : .lowest),
                .init("Difference"), .init("p, Wilcoxon"), .init("p, Holm"),
                // Costs are no contest: an ensemble's are its members' together.
                .init("Training"), .init("ms per image"), .init("Megabytes"),
            ],
            groups: [
                .init(
                    nil,
                    comparison.rows.filter { $0.kind != .unprocessed }.map { row in
                        let test = p(row.name)
                        return .init(
                            row.name,
                            [
                                .number(row.loss, 3), .number(row.validationLoss, 3),
                                .number(
                                    test?.mean, shown: NumberText.signed(test?.mean, 4)),
                                .number(
                                    test?.pValue, shown: NumberText.pValue(test?.pValue)),
                                .number(
                                    test?.adjustedPValue,
                                    shown: NumberText.pValue(test?.adjustedPValue)),
                                .number(
                                    row.minutes,
                                    shown: NumberText.duration(
                                        seconds: row.minutes.map { 60 * $0 })),
                                .number(
                                    row.millisecondsPerImage,
                                    shown: NumberText.significant(row.millisecondsPerImage)),
                                .number(
                                    row.megabytes, shown: NumberText.significant(row.megabytes)),
                            ], isEmphasised: row.kind == .ensemble, competes: row.isModel)
                    })
            ],
            note:
                "Wilcoxon's signed-rank test over \(grouping == nil ? "images" : "groups"); Holm's "
                + "correction is for the number of members.", star: Self.star)
    }

    // MARK: Image by image

    var images: HTMLPage.Section? {
        guard !comparison.perImage.isEmpty else { return nil }
        let rows =
            memberRows.enumerated().map { position, row in
                DotPlot.Row(
                    row.name,
                    values: comparison.perImage.map { ($0.id, $0.memberDice[position]) },
                    style: style(of: row.name))
            }
            + (ensembleRow.map { row in
                [
                    DotPlot.Row(
                        row.name, values: comparison.perImage.map { ($0.id, $0.ensembleDice) },
                        style: .ensemble)
                ]
            } ?? [])
        return HTMLPage.Section(
            id: "images", title: "Image by image",
            intro: "A mean hides the images that fail.",
            body: DotPlot("Dice of every image", axis: "Dice", rows: rows).figure)
    }

    // MARK: Size

    var size: HTMLPage.Section? {
        guard let curve = comparison.sizeCurve else { return nil }
        var chart = LineChart(
            "Dice by number of members", x: .init("members", isInteger: true), y: .init("Dice"),
            series: [
                .init(
                    "members combined", style: .ensemble,
                    points: curve.points.map {
                        .init(Double($0.members), $0.mean, lower: $0.lowest, upper: $0.highest)
                    })
            ])
        if let best = comparison.bestMember,
            let dice = memberRows.first(where: { $0.name == best })?.dice
        {
            chart.references = [("best member by validation", dice)]
        }
        chart.note =
            curve.orders.map {
                "Mean of \($0) random orders; the band is from the worst to the best."
            }
            ?? "Mean of all subsets of that size; the band is from the worst to the best."
        let contributions = (comparison.leaveOneOut ?? []).map { part in
            IntervalPlot.Row(
                part.member, mean: part.difference?.mean, lower: part.difference?.lower,
                upper: part.difference?.upper,
                counts: part.difference.map { ($0.wins, $0.ties, $0.losses) })
        }
        return HTMLPage.Section(
            id: "size", title: "How many members, and which",
            intro: "Would fewer members have done as well, and what does each one add?",
            body: .columns([
                chart.figure,
                IntervalPlot(
                    "What each member adds", axis: "Dice, ensemble minus the others alone",
                    sides: ("harms", "helps"), rows: contributions
                ).figure,
            ]))
    }
}

extension Comparison.Row {
    /// Whether somebody could use it: the mean member is a number, and masks that nobody cleaned are
    /// there to be compared with.
    var isModel: Bool { kind == .member || kind == .ensemble }
}
