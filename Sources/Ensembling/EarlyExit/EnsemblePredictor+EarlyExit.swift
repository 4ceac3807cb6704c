import SegmentationData
import Training

extension EnsemblePredictor {
    /// Hands over the labels of the scene's bands from top to bottom.
    ///
    /// Members answer in manifest order, and one that is not needed is neither run nor loaded: a window
    /// of it only where it covers a pixel whose label is still open, all of it only where a pixel of the
    /// band is. So an open pixel has been asked of every member so far, its sums are those of the whole
    /// ensemble to the last bit, and so is its label. Members of weight 0 are never needed. Where
    /// no label is settled before the last member (`exitObstacle`) all are asked. A scene of which memory does not hold a row of a calibrated rule's cells exits exactly.
    ///
    /// - Returns: what was run.
    /// - Throws: as `predict`; damage in a member that was not needed is not found.
    @discardableResult
    public func predictLabels(
        _ scene: any SceneSource, exit: EarlyExit, _ body: (Band) throws -> Void
    ) throws -> EarlyExit.Tally {
        var calibrated: CalibratedExit?
        if case .calibrated(let rule) = exit, ensemble.rule.exitObstacle == nil,
            min(rule.side, scene.height) <= rowsThatFit(of: scene, bytesBesides: rule.bytesPerPixel)
        {
            calibrated = rule
        }
        let counting = ensemble.counting
        let weights = ensemble.weights
        let settled = SettledLabels(ensemble.rule, weights: counting.map { weights[$0] })
        let predictor = ScenePredictor(scene, testTime: testTime)
        var tally = EarlyExit.Tally()
        tally.members = ensemble.members.count
        // Cells begin with a band, so that where scenes are cut does not show.
        let bands = bands(
            of: scene, multiple: calibrated?.side ?? 1,
            bytesBesides: calibrated?.bytesPerPixel ?? 0)
        for rows in bands {
            var labels = RunningLabels(
                settled, classes: ensemble.classes, rows: rows, width: scene.width,
                calibrated: calibrated)
            var asked = 0
            var windows = 0
            for index in counting where !labels.open.isEmpty {
                var count = ScenePredictor.WindowCount()
                let probabilities = try predictor.probabilities(
                    try member(index), position: index, rows: rows, wanted: labels.open,
                    count: &count)
                labels.add(
                    probabilities, weights: weights[index],
                    thresholds: ensemble.members[index].thresholds)
                asked += 1
                windows = max(windows, count.run + count.skipped)
                tally.run += count.run
                tally.skipped += count.skipped
            }
            tally.skipped += (ensemble.members.count - asked) * windows
            try body(Band(rows: rows, probabilities: [], decisions: labels.finished()))
        }
        return tally
    }
}
