import Training

/// The labels of some rows of a scene, each fixed as soon as the members to come cannot change it, or
/// hardly will.
struct RunningLabels {
    /// Pixels whose labels are not fixed: what the members to come are asked for.
    private(set) var open: PixelMask
    private(set) var combiner: Combiner
    /// How many members have answered.
    private(set) var count = 0
    private var labels: [UInt8]
    private let settled: SettledLabels
    private let calibrated: CalibratedExit?

    /// - Parameter calibrated: nil fixes only what cannot change.
    init(
        _ settled: SettledLabels, classes: Int, rows: Range<Int>, width: Int,
        calibrated: CalibratedExit? = nil
    ) {
        self.settled = settled
        self.calibrated = calibrated
        open = PixelMask(rows: rows, width: width)
        combiner = Combiner(settled.rule, classes: classes, pixels: rows.count * width)
        labels = [UInt8](
            repeating: 0, count: (settled.rule.isExclusive ? 1 : classes) * combiner.pixels)
    }

    /// Adds the next member; what it says of pixels that are not open is not read again.
    mutating func add(_ probabilities: [Float], weights: [Double], thresholds: [Double]) {
        combiner.add(probabilities, weights: weights, thresholds: thresholds)
        count += 1
        settled.settle(combiner, after: count, &open, &labels)
        guard let calibrated, !open.isEmpty else { return }
        let leads = combiner.leads()
        let cells = calibrated.stopped(open, after: count) { leads[$0] }
        guard !cells.isEmpty else { return }
        fix(combiner.decisions()) { cells.contains($0) }
    }

    /// All labels: a class index per pixel, or `[class][pixel]` of 0 and 1.
    mutating func finished() -> [UInt8] {
        if !open.isEmpty { fix(combiner.decisions()) { _ in true } }
        return labels
    }

    private mutating func fix(_ decisions: [UInt8], where isDone: (Int) -> Bool) {
        let (pixels, planes) = (combiner.pixels, labels.count / max(1, combiner.pixels))
        labels.withUnsafeMutableBufferPointer { labels in
            open.remove { pixel in
                guard isDone(pixel) else { return false }
                for plane in 0..<planes {
                    labels[plane * pixels + pixel] = decisions[plane * pixels + pixel]
                }
                return true
            }
        }
    }
}

extension Combiner {
    /// How far every pixel's label is from another one by the members so far, from 0 for a tie to 1.
    ///
    /// Exclusive classes: the best mean probability, or share of votes, minus the second. Overlapping
    /// ones: the least distance of a class's mean from its threshold, or of its votes for and against.
    func leads() -> [Float] {
        let values = probabilities()
        let cuts: [Float] =
            rule.method == .hardVoting
            ? [Float](repeating: 0.5, count: classes) : rule.thresholds.map { Float($0) }
        let scale: Float = rule.method == .hardVoting ? 2 : 1
        return values.withUnsafeBufferPointer { values in
            [Float](unsafeUninitializedCapacity: pixels) { leads, count in
                count = pixels
                for pixel in 0..<pixels {
                    var lead: Float = 1
                    if rule.isExclusive {
                        var (top, second) = (-Float.infinity, -Float.infinity)
                        for k in 0..<classes {
                            let value = values[k * pixels + pixel]
                            if value > top {
                                (top, second) = (value, top)
                            } else if value > second {
                                second = value
                            }
                        }
                        lead = min(1, top - second)
                    } else {
                        for k in 0..<classes {
                            lead = min(lead, abs(values[k * pixels + pixel] - cuts[k]) * scale)
                        }
                    }
                    leads.initializeElement(at: pixel, to: lead)
                }
            }
        }
    }
}
