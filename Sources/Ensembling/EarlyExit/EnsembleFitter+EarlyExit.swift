import DurableFiles
import NeuralNetworks
import SegmentationData
import Training

extension EnsembleFitter {
    /// Fits when members may be left out, on validation images; every image is predicted once.
    ///
    /// - Parameter onImage: is told how many images are done, and of how many.
    /// - Returns: the manifest with `earlyExit` as found.
    /// - Throws: `FloeError` of kind `usage` for an ensemble of which no member can be left out, and
    ///   of kind `badData` for too few images or ones that members were trained on.
    public func fitEarlyExit(
        risks: [Double] = EarlyExitFit.risks, onImage: (Int, Int) -> Void = { _, _ in }
    ) throws -> EnsembleManifest {
        let members = ensemble.counting
        guard members.count > 1 else {
            throw FloeError(
                .usage, file: ensemble.path, "early exit leaves members out, and only one counts")
        }
        if let obstacle = ensemble.exitObstacle(postprocessing: false) {
            throw FloeError(.usage, file: ensemble.path, "no early exit: \(obstacle)")
        }
        let source = FittingImages(ensemble: ensemble, dataset: dataset, split: .validation)
        let voters = try source.voters(backend)
        let evaluator = try ImageEvaluator(
            ensemble, dataset: dataset,
            loss: Loss(ensemble.commonLoss, classes: ensemble.output.classes.map(\.name)),
            backend: backend)
        let weights = ensemble.weights
        let settled = SettledLabels(ensemble.rule, weights: members.map { weights[$0] })
        let side = evaluator.predictors.map { ScenePredictor.stride(of: $0) }.min() ?? 1
        var images: [ExitCalibration.Image] = []
        for (done, image) in voters.enumerated() {
            try StopSignal.throwIfReceived()
            var recorder: ExitRecorder?
            _ = try evaluator.combine(image.index, members: members) {
                member, _, truth in
                var own =
                    recorder
                    ?? ExitRecorder(
                        settled, members: members.count, classes: ensemble.classes,
                        height: truth.height, width: truth.width, side: side)
                // Held once, so that adding copies nothing.
                recorder = nil
                own.add(
                    member.probabilities, weights: weights[member.position],
                    thresholds: ensemble.members[member.position].thresholds)
                recorder = own
            }
            if let trace = recorder?.finished() {
                images.append(.init(group: dataset.group(at: image.index), trace: trace))
            }
            onImage(done + 1, voters.count)
        }
        guard let found = ExitCalibration.fit(images, members: members.count, risks: risks) else {
            throw FloeError(
                .badData, file: dataset.description.root,
                "too few validation images for a bound on the risk of early exit",
                expected: "at least \(ExitCalibration.leastGroups) images of different groups",
                got: "\(Set(images.map(\.group)).count)")
        }
        var result = ensemble.manifest
        result.earlyExit = EarlyExitFit(
            split: .validation, data: dataset.description.name ?? dataset.description.root,
            fingerprint: SHA256Digest(hex: try dataset.fingerprint()), images: found.images,
            heldBack: found.heldBack, isOptimistic: try source.choseEpochs() ? true : nil,
            ensemble: ensemble.exitDigest, cell: side, members: members.count,
            exactMembers: found.exactMembers, table: found.table, levels: found.levels)
        return result
    }
}
