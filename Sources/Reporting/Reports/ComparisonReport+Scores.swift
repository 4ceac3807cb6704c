import Ensembling

extension ComparisonReport {
    // MARK: Summary

    var summary: HTMLPage.Section {
        let notes = warnings.map { HTML.paragraph($0, class: "warning") }
        return HTMLPage.Section(
            id: "summary", title: "Summary",
            intro: "Every score is the mean of the images' own scores; differences are paired by "
                + (isGrouped ? "group of images." : "image."),
            body: HTML(
                notes + [.columns([table.html, differencePlot.figure]), costs.html]))
    }

    private var isGrouped: Bool {
        (mainDifference?.groups ?? comparison.images) < comparison.images
    }

    private var table: HTMLTable {
        func row(_ row: Comparison.Row) -> HTMLTable.Row {
            HTMLTable.Row(
                row.name,
                [
                    .number(row.iou, 3), .number(row.dice, 3), .number(row.pixelAccuracy, 3),
                    .number(row.contours?.boundaryIoU, 3), .number(row.contours?.hausdorff95, 1),
                ], isEmphasised: row.kind == .ensemble,
                competes: row.kind == .member || row.kind == .ensemble)
        }
        let misses = comparison.rows.compactMap { $0.contours?.withoutDistance }.max() ?? 0
        return HTMLTable(
            "Members and their ensemble", rowHeading: "Model",
            columns: [
                .init("IoU", best: .highest), .init("Dice", best: .highest),
                .init("Pixel accuracy", best: .highest), .init("Boundary IoU", best: .highest),
                .init("HD95, pixels", best: .lowest),
            ],
            groups: [
                .init("Members", memberRows.map(row)),
                .init("Together", comparison.rows.filter { $0.kind != .member }.map(row)),
            ],
            note: misses == 0
                ? nil
                : "HD95 is a mean over masks that both have; up to \(misses) were found in only one "
                    + "of truth and prediction.")
    }

    private var differencePlot: IntervalPlot {
        IntervalPlot(
            "Ensemble minus each model", axis: "Dice, ensemble minus this",
            rows: comparison.differences.map { difference in
                .init(
                    difference.against, mean: difference.mean, lower: difference.lower,
                    upper: difference.upper,
                    counts: (difference.wins, difference.ties, difference.losses),
                    isEmphasised: difference.against == meanRow?.name)
            })
    }

    private var costs: HTMLTable {
        let tested = comparison.differences
        func p(_ name: String) -> Comparison.Difference? { tested.first { $0.against == name } }
        return HTMLTable(
            "Losses, tests and costs", rowHeading: "Model",
            columns: [
                .init("Loss", best: .lowest), .init("Validation loss", best: .lowest),
                .init("Difference"), .init("p, Wilcoxon"), .init("p, Holm"),
                .init("Training"), .init("ms per image", best: .lowest),
                .init("Megabytes", best: .lowest),
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
                            ], isEmphasised: row.kind == .ensemble, competes: row.kind == .member)
                    })
            ],
            note: "Wilcoxon's signed-rank test over \(isGrouped ? "groups" : "images"); Holm's "
                + "correction is for the number of members.")
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
