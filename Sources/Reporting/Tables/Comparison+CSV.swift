import Ensembling

extension Comparison {
    /// Every table of the comparison by name, for spreadsheets and data frames.
    public var csvTables: [(name: String, text: String)] {
        [
            ("models", modelTable), ("classes", classesTable), ("differences", differenceTable),
            ("images", imageTable), ("size-curve", sizeTable), ("leave-one-out", leaveOneOutTable),
            ("pairs", pairTable), ("reliability", reliabilityTable),
            ("uncertainty", uncertaintyTable), ("confusion", confusionTable),
        ].compactMap { name, table in table.map { (name, $0.text) } }
    }

    private var modelTable: CSVTable? {
        var table = CSVTable([
            "kind", "name", "iou", "dice", "dice_lower", "dice_upper", "pixel_accuracy",
            "boundary_iou", "hausdorff95",
            "without_distance", "loss", "validation_loss", "pooled_dice", "pooled_iou", "skipped",
            "calibration_error", "brier", "log_loss", "minutes", "milliseconds_per_image",
            "megabytes",
        ])
        for row in rows {
            table.add([
                .text(row.kind.rawValue), .text(row.name), .number(row.iou), .number(row.dice),
                .number(row.diceInterval?.lower), .number(row.diceInterval?.upper),
                .number(row.pixelAccuracy), .number(row.contours?.boundaryIoU),
                .number(row.contours?.hausdorff95), .count(row.contours?.withoutDistance),
                .number(row.loss), .number(row.validationLoss), .number(row.pooledDice),
                .number(row.pooledIoU), .count(row.skipped),
                .number(row.calibration?.expectedError), .number(row.calibration?.brier),
                .number(row.calibration?.logLoss), .number(row.minutes),
                .number(row.millisecondsPerImage), .number(row.megabytes),
            ])
        }
        return table
    }

    private var classesTable: CSVTable? {
        guard rows.contains(where: { $0.classes != nil }) else { return nil }
        var table = CSVTable([
            "model", "class", "precision", "recall", "dice", "iou", "boundary_iou", "hausdorff95",
            "calibration_error",
        ])
        for row in rows {
            for own in row.classes ?? [] {
                table.add([
                    .text(row.name), .text(own.name), .number(own.precision), .number(own.recall),
                    .number(own.dice), .number(own.iou), .number(own.boundaryIoU),
                    .number(own.hausdorff95), .number(own.expectedCalibrationError),
                ])
            }
        }
        return table
    }

    private static let differenceColumns = [
        "mean", "lower", "upper", "wins", "ties", "losses", "groups", "p_value", "adjusted_p_value",
    ]

    private static func cells(_ difference: Difference?) -> [CSVTable.Cell] {
        [
            .number(difference?.mean), .number(difference?.lower), .number(difference?.upper),
            .count(difference?.wins), .count(difference?.ties), .count(difference?.losses),
            .count(difference?.groups), .number(difference?.pValue),
            .number(difference?.adjustedPValue),
        ]
    }

    private var differenceTable: CSVTable? {
        var table = CSVTable(["against"] + Self.differenceColumns)
        for difference in differences {
            table.add([.text(difference.against)] + Self.cells(difference))
        }
        return table
    }

    private var imageTable: CSVTable? {
        let names = rows.filter { $0.kind == .member }.map(\.name)
        var table = CSVTable(["id", "group", "ensemble"] + names)
        for row in perImage {
            table.add(
                [.text(row.id), .text(row.group), .number(row.ensembleDice)]
                    + row.memberDice.map { .number($0) })
        }
        return table
    }

    private var sizeTable: CSVTable? {
        guard let sizeCurve else { return nil }
        var table = CSVTable(["members", "count", "mean", "lowest", "highest"])
        for point in sizeCurve.points {
            table.add([
                .count(point.members), .count(point.count), .number(point.mean),
                .number(point.lowest), .number(point.highest),
            ])
        }
        return table
    }

    private var leaveOneOutTable: CSVTable? {
        guard let leaveOneOut else { return nil }
        var table = CSVTable(["member", "dice_of_others"] + Self.differenceColumns)
        for row in leaveOneOut {
            table.add([.text(row.member), .number(row.dice)] + Self.cells(row.difference))
        }
        return table
    }

    private var pairTable: CSVTable? {
        guard let pairs else { return nil }
        var table = CSVTable([
            "first", "second", "differing", "disagreement", "double_fault", "q_statistic",
            "correlation",
        ])
        for pair in pairs {
            table.add([
                .text(pair.first), .text(pair.second), .number(pair.differing),
                .number(pair.disagreement), .number(pair.doubleFault), .number(pair.qStatistic),
                .number(pair.correlation),
            ])
        }
        return table
    }

    private var reliabilityTable: CSVTable? {
        guard let reliability else { return nil }
        var table = CSVTable(["model", "class", "probability", "frequency", "pixels"])
        for curve in reliability {
            for bin in curve.bins {
                table.add([
                    .text(curve.model), .text(curve.class), .number(bin.probability),
                    .number(bin.frequency), .count(bin.pixels),
                ])
            }
        }
        return table
    }

    private var uncertaintyTable: CSVTable? {
        guard let uncertainty else { return nil }
        var table = CSVTable(["part", "reviewed", "found"])
        for part in uncertainty {
            for point in part.curve {
                table.add([.text(part.part), .number(point.reviewed), .number(point.found)])
            }
        }
        return table
    }

    private var confusionTable: CSVTable? {
        if let pixels = confusion?.pixels {
            var table = CSVTable(["truth"] + classes)
            for (name, counts) in zip(classes, pixels) {
                table.add([.text(name)] + counts.map { .count($0) })
            }
            return table
        }
        guard let counts = confusion?.perClass else { return nil }
        var table = CSVTable([
            "class", "true_positive", "false_positive", "false_negative", "true_negative",
        ])
        for row in counts {
            table.add([
                .text(row.class), .count(row.truePositive), .count(row.falsePositive),
                .count(row.falseNegative), .count(row.trueNegative),
            ])
        }
        return table
    }
}
