import NeuralNetworks
import SegmentationData
import SegmentationMetrics
import TensorCore

extension ImageEvaluator {
    /// The probabilities of one image by all members and by their ensemble, `[class, height, width]`.
    struct MemberMaps {
        var members: [Int: [Float]]
        var ensemble: [Float]
        var truth: TargetBatch
    }

    /// Measures every model on its own, and the members with one another.
    func gatherEvidence(
        _ maps: MemberMaps, into result: inout ImageEvaluation
    ) {
        let truth = maps.truth
        var models: [(place: Int?, map: [Float], decisions: [UInt8])] = []
        for (position, answer) in result.members.enumerated() {
            guard let answer, let map = maps.members[position] else { continue }
            models.append((position, map, answer.decisions))
        }
        models.append((nil, maps.ensemble, result.ensemble?.decisions ?? []))
        let evidence = Self.sideBySide(models.count) {
            Self.evidence(models[$0].map, models[$0].decisions, truth)
        }
        for (model, evidence) in zip(models, evidence) {
            if let place = model.place {
                result.members[place]?.evidence = evidence
            } else {
                result.ensemble?.evidence = evidence
            }
        }
        if let unprocessed = result.unprocessed {
            result.unprocessed?.evidence = Self.evidence(
                maps.ensemble, unprocessed.decisions, truth)
        }
        result.relations = relations(maps, result)
    }

    private static func evidence(
        _ probabilities: [Float], _ decisions: [UInt8], _ truth: TargetBatch
    ) -> ImageEvaluation.Evidence {
        let (height, width, classes) = (truth.height, truth.width, truth.classes)
        switch truth.kind {
        case .softmax:
            let (map, prediction) = (truth.labelMap(truth.labels), truth.labelMap(decisions))
            return ImageEvaluation.Evidence(
                boundary: ConfusionCounts.boundaryPerClass(
                    truth: map, prediction: prediction, classes: classes),
                hausdorff: HausdorffDistance.perClass(
                    truth: map, prediction: prediction, classes: classes),
                calibration: CalibrationSums.perClass(
                    truth: map, probabilities: probabilities, classes: classes))
        case .sigmoid:
            return ImageEvaluation.Evidence(
                boundary: ConfusionCounts.boundaryPerClass(
                    truth: truth.labels, prediction: decisions, classes: classes, height: height,
                    width: width),
                hausdorff: HausdorffDistance.perClass(
                    truth: truth.labels, prediction: decisions, classes: classes, height: height,
                    width: width),
                calibration: (0..<classes).map { k in
                    let plane = k * height * width..<(k + 1) * height * width
                    return CalibrationSums.binary(
                        truth: Array(truth.labels[plane]),
                        probabilities: Array(probabilities[plane]))
                })
        }
    }

    private func relations(
        _ maps: MemberMaps, _ result: ImageEvaluation
    ) -> ImageEvaluation.Relations {
        let truth = maps.truth
        let pixels = truth.height * truth.width
        // Label maps are one plane, and masks of their own one for each class.
        let planes = (0..<truth.labels.count / max(1, pixels)).map {
            $0 * pixels..<($0 + 1) * pixels
        }
        var diversity = DiversityCounts(members: result.members.count)
        for plane in planes {
            diversity.add(
                decisions: result.members.map { answer in
                    answer.map { Array($0.decisions[plane]) }
                        ?? [UInt8](repeating: LabelMap.ignore, count: pixels)
                }, truth: Array(truth.labels[plane]))
        }
        var relations = ImageEvaluation.Relations(diversity: diversity)
        let uncertainty = uncertainty(of: maps)
        func detection(_ part: MemberUncertainty.Part) -> ErrorDetection? {
            guard let map = uncertainty?.map(part, in: .shareOfLargest),
                let decisions = result.ensemble?.decisions
            else { return nil }
            var detection = ErrorDetection()
            for plane in planes {
                detection.add(
                    uncertainty: Array(map[plane]), decisions: Array(decisions[plane]),
                    truth: Array(truth.labels[plane]))
            }
            return detection
        }
        relations.total = detection(.total)
        relations.disagreement = detection(.disagreement)
        relations.disagreementMap = uncertainty?.map(.disagreement, in: .shareOfLargest)
        return relations
    }

    private func uncertainty(of maps: MemberMaps) -> MemberUncertainty? {
        var uncertainty = ensemble.uncertainty(pixels: maps.truth.height * maps.truth.width)
        for (position, map) in maps.members.sorted(by: { $0.key < $1.key }) {
            uncertainty?.add(map, weight: ensemble.meanWeight(of: position))
        }
        return uncertainty
    }

    /// The results of independent jobs, in their order.
    private static func sideBySide<Result: Sendable>(
        _ count: Int, _ job: (Int) -> Result
    ) -> [Result] {
        var results = [Result?](repeating: nil, count: count)
        ComputeThread.shared.run {
            results.withUnsafeMutableBufferPointer { results in
                parallelFor(count) { range in
                    for index in range { results[index] = job(index) }
                }
            }
        }
        return results.compactMap { $0 }
    }
}
