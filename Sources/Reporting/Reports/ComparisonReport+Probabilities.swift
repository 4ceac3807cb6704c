import Ensembling

extension ComparisonReport {
    /// The ensemble class by class.
    var classes: HTMLPage.Section? {
        var parts: [HTML] = []
        if let pixels = comparison.confusion?.pixels {
            var map = HeatMap.confusion("Confusion", classes: comparison.classes, counts: pixels)
            if map.rows.count < pixels.count {
                map.note? += " All are in tables/confusion.csv."
            }
            parts.append(map.figure)
        } else if let counts = comparison.confusion?.perClass {
            parts.append(countTable(counts).html)
        }
        if let table = classTable { parts.append(table.html) }
        guard !parts.isEmpty else { return nil }
        return HTMLPage.Section(
            id: "classes", title: "Classes",
            intro: "The ensemble, all pixels of all images together.",
            body: parts.count > 1 && comparison.classes.count <= 6
                ? .columns(parts) : HTML(parts))
    }

    private func countTable(_ counts: [Comparison.Confusion.Counts]) -> HTMLTable {
        HTMLTable(
            "Pixels", rowHeading: "Class",
            columns: [.init("Right"), .init("Wrong"), .init("Missed"), .init("Rightly absent")],
            groups: [
                .init(
                    nil,
                    counts.map { row in
                        .init(
                            row.class,
                            [
                                row.truePositive, row.falsePositive, row.falseNegative,
                                row.trueNegative,
                            ]
                            .map { .number(Double($0), shown: NumberText.count($0)) })
                    })
            ])
    }

    private var classTable: HTMLTable? {
        guard let rows = ensembleRow?.classes else { return nil }
        return HTMLTable(
            "Scores of each class", rowHeading: "Class",
            columns: [
                .init("Precision"), .init("Recall"), .init("Dice"), .init("IoU"),
                .init("Boundary IoU"), .init("HD95, pixels"), .init("Calibration error"),
            ],
            groups: [
                .init(
                    nil,
                    rows.map { row in
                        .init(
                            row.name,
                            [
                                .number(row.precision, 3), .number(row.recall, 3),
                                .number(row.dice, 3), .number(row.iou, 3),
                                .number(row.boundaryIoU, 3), .number(row.hausdorff95, 1),
                                .number(row.expectedCalibrationError, 3),
                            ])
                    })
            ],
            note: rows.contains { $0.hausdorff95 != nil }
                ? "HD95: mean over the images of which both truth and prediction show the class."
                : nil)
    }

    // MARK: Probabilities

    /// Whether probabilities mean what they say.
    var probabilities: HTMLPage.Section? {
        guard let curves = comparison.reliability, !curves.isEmpty else { return nil }
        let classes = comparison.classes.filter { name in curves.contains { $0.class == name } }
        let charts = classes.prefix(Self.mostCurves).map { name in
            ReliabilityChart(
                classes.count == 1 ? "Reliability" : "Reliability of \(name)",
                series: curves.filter { $0.class == name }.map { curve in
                    ReliabilityChart.Series(
                        curve.model, style: style(of: curve.model),
                        bins: curve.bins.map {
                            .init(
                                confidence: $0.probability, frequency: $0.frequency,
                                count: $0.pixels)
                        }, error: curve.expectedError)
                }
            ).figure
        }
        let table = HTMLTable(
            "Calibration", rowHeading: "Model",
            columns: [
                .init("Calibration error", best: .lowest), .init("Brier", best: .lowest),
                .init("Log loss", best: .lowest),
            ],
            groups: [
                .init(
                    nil,
                    comparison.rows.filter { $0.calibration != nil }.map { row in
                        .init(
                            row.name,
                            [
                                .number(row.calibration?.expectedError, 4),
                                .number(row.calibration?.brier, 4),
                                .number(row.calibration?.logLoss, 4),
                            ], isEmphasised: row.kind == .ensemble, competes: row.isModel)
                    })
            ], note: "Each class against the rest; means over the classes, without a background.",
            star: Self.star)
        return HTMLPage.Section(
            id: "probabilities", title: "Probabilities",
            intro: "Of the pixels that a model calls a class with 80 %, are 80 % of the class?"
                + (classes.count > charts.count
                    ? " The first \(charts.count) of \(classes.count) classes are drawn; the other "
                        + "\(classes.count - charts.count) are in tables/reliability.csv." : ""),
            body: .columns(charts + [table.html]))
    }

    /// Classes whose curves are drawn: more of them nobody looks over.
    static let mostCurves = 12

    // MARK: Uncertainty

    /// Whether uncertainty finds the errors.
    var uncertainty: HTMLPage.Section? {
        guard let parts = comparison.uncertainty, !parts.isEmpty else { return nil }
        let names = ["total": "total uncertainty", "disagreement": "members' disagreement"]
        var chart = LineChart(
            "Errors found by looking where the ensemble is unsure",
            x: .init("pixels looked at", including: [0, 1]),
            y: .init("errors found", including: [0, 1]),
            series: parts.enumerated().map { index, part in
                .init(
                    names[part.part] ?? part.part, style: .series(index),
                    points: part.curve.map { .init($0.reviewed, $0.found) })
            } + [.init("in no order", style: .reference, points: [.init(0, 0), .init(1, 1)])])
        chart.note = "Both as parts of all; the most uncertain pixels are looked at first."
        let table = HTMLTable(
            "Does uncertainty find the errors?", rowHeading: "Uncertainty",
            columns: [
                .init("AUROC"), .init("Gain over chance"),
                .init("Found in the first 1 %"), .init("5 %"), .init("10 %"),
            ],
            groups: [
                .init(
                    nil,
                    parts.map { part in
                        func found(_ share: Double) -> HTMLTable.Cell {
                            let value = part.curve.first { $0.reviewed == share }?.found
                            return .number(value, shown: NumberText.percent(value))
                        }
                        return .init(
                            names[part.part] ?? part.part,
                            [
                                .number(part.areaUnderROC, 3), .number(part.gain, 3), found(0.01),
                                found(0.05), found(0.1),
                            ])
                    })
            ],
            note:
                "\(NumberText.percent(parts[0].errorRate, 2)) of the pixels are wrong. AUROC: how "
                + "likely a wrong pixel is more uncertain than a right one.")
        return HTMLPage.Section(
            id: "uncertainty", title: "Uncertainty",
            intro: "Total uncertainty is the entropy of the mean probability; disagreement is the "
                + "part of it that would vanish if all members said the same.",
            body: .columns([chart.figure, table.html]))
    }
}
