import Ensembling

extension Comparison {
    /// The table of the sea-ice study, for the terminal: every member, their mean, the ensemble.
    public var text: String {
        let scores = ["IoU", "Dice", "pixel acc.", "loss", "val. loss", "minutes"]
        var table = TextTable([("", .left)] + scores.map { ($0, .right) }, isRuled: true)
        for row in rows {
            if row.kind != .member { table.addRule() }
            table.add([
                row.name, decimal(row.iou, 3), decimal(row.dice, 3), decimal(row.pixelAccuracy, 3),
                decimal(row.loss, 3), decimal(row.validationLoss, 3),
                decimal(row.minutes, 1),
            ])
        }
        var lines = [
            "\(data), split \(split): \(images) images, \(classes.joined(separator: ", ")); "
                + "mean of per-image scores, absent classes: \(absentClasses.rawValue)",
            "", table.text, "",
        ]
        if let classes = classTable { lines += [classes, ""] }
        if let postprocessingText { lines.append(postprocessingText) }
        if let words = testTime?.text { lines.append(words) }
        if !missingMembers.isEmpty {
            lines.append(
                "WARNING: members of the ensemble are missing (\(missingMembers.count)); this is the "
                    + "comparison of the others.")
        }
        if let seenInTraining, seenInTraining > 0 {
            lines.append(
                "WARNING: members were trained on \(seenInTraining) of these \(images) images, so "
                    + "the scores are too good; compare on data that they have not seen.")
        }
        if let fittedImages, fittedImages > 0 {
            let parts = fittedParts ?? ["post-processing"]
            let isPlural = parts.count > 1 || parts == ["weights"]
            lines.append(
                "WARNING: \(parts.joined(separator: ", ")) "
                    + (isPlural ? "were" : "was")
                    + " fitted on \(fittedImages) of these \(images) images, so "
                    + "the scores with \(isPlural ? "them" : "it") are too good; compare on data "
                    + "that chose nothing.")
        }
        if mostSkipped > 0 {
            lines.append(
                "Left out: \(mostSkipped) scores of classes that an image has in neither truth nor "
                    + "prediction.")
        }
        if let unscoredText { lines.append(unscoredText) }
        if let difference = differences.first {
            lines.append(verdict(difference))
        }
        let (own, others) = zeroDice
        if own > 0 || others.contains(where: { $0 > 0 }), let zeroDiceText {
            lines.append(zeroDiceText)
        }
        if let outOfBag {
            lines.append(
                "Out of bag: Dice \(decimal(outOfBag.score.values["dice"], 3)) on "
                    + "\(outOfBag.coverage.images) of \(outOfBag.coverage.total) training images "
                    + "(\(decimal(outOfBag.coverage.meanVotes, 1)) votes each)"
                    + (outOfBag.score.isOptimistic
                        ? "; too good, since something was chosen on these images." : "."))
        }
        return lines.joined(separator: "\n")
    }

    /// The ensemble class by class, where there are several.
    private var classTable: String? {
        guard let rows = rows.first(where: { $0.kind == .ensemble })?.classes else { return nil }
        let scores = ["precision", "recall", "F1 (Dice)", "IoU"]
        var table = TextTable(
            [("ensemble, all pixels together", .left)] + scores.map { ($0, .right) }, isRuled: true)
        for row in rows {
            table.add([
                row.name, decimal(row.precision, 3), decimal(row.recall, 3), decimal(row.dice, 3),
                decimal(row.iou, 3),
            ])
        }
        return table.text
    }

    private func verdict(_ difference: Difference) -> String {
        let sign = difference.mean >= 0 ? "+" : ""
        var text =
            "Ensemble minus \(difference.against): Dice \(sign)\(decimal(difference.mean, 4))"
        if let lower = difference.lower, let upper = difference.upper {
            text += ", 95 % interval \(decimal(lower, 4)) to \(decimal(upper, 4))"
        }
        guard difference.groups > 1 else {
            return text + "; one group only, so neither interval nor test."
        }
        return text + "; better on \(difference.wins), equal on \(difference.ties), worse on "
            + "\(difference.losses) images; Wilcoxon p "
            + (difference.pValue < 0.0001 ? "< 0.0001" : "= \(decimal(difference.pValue, 4))")
            + (difference.isGrouped ? " over \(difference.groups) groups." : ".")
    }
}
