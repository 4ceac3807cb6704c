import SegmentationMetrics

/// What is measured class by class.
extension ComparisonBuilder {
    /// Means over images and classes.
    func contours(_ answers: [ImageEvaluation.Answer]) -> Comparison.Contours? {
        let evidence = answers.compactMap(\.evidence)
        guard !evidence.isEmpty else { return nil }
        let distances = HausdorffSums(
            evidence.flatMap { own in scoredClasses.map { own.hausdorff[$0] } })
        return Comparison.Contours(
            boundaryIoU: Self.mean(
                evidence.map { own in
                    Self.mean(
                        scoredClasses.map {
                            own.boundary[$0].score(.iou, absent: evaluation.absent)
                        })
                }), hausdorff95: distances.mean, withoutDistance: distances.undefined)
    }

    /// - Parameter sums: one per class.
    func calibration(_ sums: [CalibrationSums]) -> Comparison.Calibration? {
        guard sums.contains(where: { $0.pixels > 0 }) else { return nil }
        func mean(_ value: (CalibrationSums) -> Double?) -> Double? {
            Self.mean(scoredClasses.map { value(sums[$0]) })
        }
        return Comparison.Calibration(
            expectedError: mean(\.expectedCalibrationError), brier: mean(\.brier),
            logLoss: mean(\.logLoss))
    }

    /// The table of all classes; nil for a single one, which the comparison's own rows tell of.
    ///
    /// - Parameter place: whose calibration in the tally is in the table; nil for none.
    func classRows(
        _ answers: [ImageEvaluation.Answer], calibratedAs place: Int?
    ) -> [Comparison.ClassRow]? {
        var rows = Comparison.ClassRow.rows(answers.map(\.counts), names: classNames)
        let evidence = answers.compactMap(\.evidence)
        for k in (rows ?? []).indices where !evidence.isEmpty {
            let boundary = evidence.reduce(ConfusionCounts()) { $0 + $1.boundary[k] }
            rows?[k].boundaryIoU = boundary.score(.iou, absent: .skip)
            rows?[k].hausdorff95 = HausdorffSums(evidence.map { $0.hausdorff[k] }).mean
            rows?[k].expectedCalibrationError = place.flatMap {
                tally.calibration[$0][k].expectedCalibrationError
            }
        }
        return rows
    }

    /// Every member and the ensemble, class by class, without a background.
    var reliability: [Comparison.Reliability]? {
        let models = ensemble.names + [Self.ensembleName]
        let curves = zip(models, tally.calibration).flatMap { model, sums in
            scoredClasses.compactMap { k -> Comparison.Reliability? in
                guard sums[k].pixels > 0 else { return nil }
                return Comparison.Reliability(
                    model: model, class: classNames[k],
                    expectedError: sums[k].expectedCalibrationError,
                    bins: sums[k].bins.filter { $0.pixels > 0 }.map { bin in
                        Comparison.Reliability.Bin(
                            probability: bin.probability / Double(bin.pixels),
                            frequency: Double(bin.hits) / Double(bin.pixels), pixels: bin.pixels)
                    })
            }
        }
        return curves.isEmpty ? nil : curves
    }

    /// The ensemble's decisions.
    var confusion: Comparison.Confusion? {
        let counts = results.compactMap { $0.ensemble?.counts }
        guard let first = counts.first else { return nil }
        guard let start = first.confusion else {
            return Comparison.Confusion(
                perClass: classNames.indices.map { k in
                    let sum = counts.reduce(ConfusionCounts()) { $0 + $1.counts[k] }
                    return Comparison.Confusion.Counts(
                        class: classNames[k], truePositive: sum.truePositive,
                        falsePositive: sum.falsePositive, falseNegative: sum.falseNegative,
                        trueNegative: sum.trueNegative)
                })
        }
        let matrix = counts.dropFirst().compactMap(\.confusion).reduce(start, +)
        return Comparison.Confusion(
            pixels: classNames.indices.map { truth in
                classNames.indices.map { matrix[truth: truth, prediction: $0] }
            })
    }
}
