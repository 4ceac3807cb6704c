import SegmentationMetrics

/// One image: what every member and the ensemble say of it, scored at the truth's own resolution.
struct ImageEvaluation {
    /// A model's counts and loss on one image.
    struct Answer {
        var counts: ImageCounts
        /// Nil where every pixel is ignored.
        var loss: Double?
        /// A class index per pixel, or one plane of 0 and 1 per class.
        var decisions: [UInt8]
        /// What it took to predict the image, once it was read; an ensemble's is its members' together.
        var seconds = 0.0
        /// Nil where only scores were asked for.
        var evidence: Evidence?
    }

    /// What is measured of one model where models are compared, class by class.
    struct Evidence {
        /// Of the regions along the contours.
        var boundary: [ConfusionCounts]
        var hausdorff: [HausdorffDistance]
        var calibration: [CalibrationSums]
    }

    /// How the members stand to one another and to their ensemble.
    struct Relations {
        var diversity: DiversityCounts
        /// Whether the ensemble's errors lie where it is uncertain, and where its members disagree;
        /// nil where this is undefined.
        var total: ErrorDetection?
        var disagreement: ErrorDetection?
        /// As a share of the largest there can be, `[map, height, width]`; one map for softmax, one
        /// per class for sigmoid.
        var disagreementMap: [Float]?
    }

    var id: String
    var members: [Answer?]
    /// Of all members that were asked; nil where none was.
    var ensemble: Answer?
    /// Without the ensemble's post-processing; nil where it has none.
    var unprocessed: Answer?
    /// Nil where only scores were asked for.
    var relations: Relations?
    /// The answers of some of the members together, where they were asked for.
    var combined: [[Int]: ImageCounts] = [:]

    /// The same without what is large, or summed elsewhere: a large split must not keep it all.
    var slim: ImageEvaluation {
        func slim(_ answer: Answer?) -> Answer? {
            guard var answer else { return nil }
            answer.decisions = []
            answer.evidence?.calibration = []
            return answer
        }
        return ImageEvaluation(
            id: id, members: members.map(slim), ensemble: slim(ensemble),
            unprocessed: slim(unprocessed))
    }
}
