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
        let groups = Set(voters.map { dataset.group(at: $0.index) }).count
        guard groups >= ExitCalibration.leastGroups else {
            throw FloeError(
                .badData, file: dataset.description.root,
                "too few validation images for a bound on the risk of early exit",
                expected: "at least \(ExitCalibration.leastGroups) images of different groups",
                got: "\(groups)")
        }
        let evaluator = try source.evaluator(backend)
        let weights = ensemble.weights
        let settled = SettledLabels(ensemble.rule, weights: members.map { weights[$0] })
        let sides = try exitSides(evaluator.predictors, voters)
        var images = [[ExitCalibration.Image]](repeating: [], count: sides.count)
        for (done, image) in voters.enumerated() {
            try StopSignal.throwIfReceived()
            var recorder: ExitRecorder?
            var size = ImageSize(height: 0, width: 0)
            _ = try evaluator.combine(image.index, members: members) {
                member, _, truth in
                var own =
                    recorder
                    ?? ExitRecorder(
                        settled, members: members.count, classes: ensemble.classes,
                        height: truth.height, width: truth.width)
                // Held once, so that adding copies nothing.
                recorder = nil
                own.add(
                    member.probabilities, weights: weights[member.position],
                    thresholds: ensemble.members[member.position].thresholds)
                recorder = own
                size = ImageSize(height: truth.height, width: truth.width)
            }
            if let recorder {
                let windows = try ScenePredictor.windows(
                    of: evaluator.predictors[members[0]], height: size.height, width: size.width)
                for (number, side) in sides.enumerated() {
                    images[number].append(
                        .init(
                            group: dataset.group(at: image.index),
                            trace: recorder.finished(side: side, windows: windows)))
                }
            }
            onImage(done + 1, voters.count)
        }
        let fits = zip(sides, images).compactMap { side, images in
            ExitCalibration.fit(images, members: members.count, risks: risks).map { (side, $0) }
        }
        // That of the fewest members; of two the one of smaller cells. The images that were held back
        // have no say in it.
        guard let (side, found) = fits.min(by: { $0.1.fittedMembers < $1.1.fittedMembers }) else {
            throw FloeError(
                .badData, file: dataset.description.root, "no validation image to fit on")
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

    /// Sides that cells may have, ascending: as windows follow one another, and as large as a window
    /// where the images are.
    private func exitSides(
        _ predictors: [MemberPredictor], _ voters: [OutOfBag.Voters]
    ) throws -> [Int] {
        let stride = predictors.map { ScenePredictor.stride(of: $0) }.min() ?? 1
        guard let tile = predictors.compactMap(\.manifest.input.tile).min(), tile > stride,
            let first = voters.first
        else { return [min(stride, EarlyExitFit.largestCell)] }
        let target = try dataset.nativeTarget(at: first.index)
        let sides = min(target.height, target.width) >= tile ? [stride, tile] : [stride]
        let kept = sides.filter { $0 <= EarlyExitFit.largestCell }
        return kept.isEmpty ? [EarlyExitFit.largestCell] : kept
    }
}
