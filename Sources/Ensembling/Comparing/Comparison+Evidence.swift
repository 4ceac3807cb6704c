/// What tells why an ensemble is better than its members, or is not.
extension Comparison {
    /// Probabilities against what happened, each class against the rest, over the pixels of all
    /// images; means over the classes, without a background.
    public struct Calibration: Codable, Hashable, Sendable {
        /// Expected calibration error in 15 bins of equal width (Guo et al. 2017).
        public var expectedError: Double?
        public var brier: Double?
        /// Mean negative log-likelihood in nats.
        public var logLoss: Double?
    }

    /// How well contours are met; means over images and classes, without a background.
    public struct Contours: Codable, Hashable, Sendable {
        /// IoU of the regions along the contours (Cheng et al. 2021).
        public var boundaryIoU: Double?
        /// 95th percentile of the Hausdorff distance in pixels, where both have a contour.
        public var hausdorff95: Double?
        /// Values of `hausdorff95` that there are not, because only one of the two has a contour.
        public var withoutDistance: Int
    }

    /// Dice of ensembles of fewer members.
    public struct SizeCurve: Codable, Hashable, Sendable {
        /// Random orders in which members were added; nil where all subsets were evaluated.
        public var orders: Int?
        public var points: [Point]

        public struct Point: Codable, Hashable, Sendable {
            public var members: Int
            /// Subsets (or orders) that the mean is over.
            public var count: Int
            public var mean: Double
            public var lowest: Double
            public var highest: Double
        }
    }

    /// What the ensemble is without one member.
    public struct LeaveOneOut: Codable, Hashable, Sendable {
        public var member: String
        /// Dice of all others together.
        public var dice: Double?
        /// The ensemble minus the others: what the member adds.
        public var difference: Difference?
    }

    /// Two members, over all pixels (Kuncheva and Whitaker 2003).
    public struct Pair: Codable, Hashable, Sendable {
        public var first: String
        public var second: String
        /// The part of the pixels that the two decide differently.
        public var differing: Double?
        /// The part where exactly one of them is right.
        public var disagreement: Double?
        /// The part where both are wrong.
        public var doubleFault: Double?
        /// Yule's Q of being right; nil where a member is right everywhere or nowhere.
        public var qStatistic: Double?
        public var correlation: Double?
    }

    /// How often a class is there, against how likely a model called it.
    public struct Reliability: Codable, Hashable, Sendable {
        /// The row's name.
        public var model: String
        public var `class`: String
        public var expectedError: Double?
        /// Bins that hold a pixel, by rising probability.
        public var bins: [Bin]

        public struct Bin: Codable, Hashable, Sendable {
            /// Mean probability of the pixels.
            public var probability: Double
            /// The part of them that is of the class.
            public var frequency: Double
            public var pixels: Int
        }
    }

    /// The ensemble's decisions against the truth, pixels of all images.
    public struct Confusion: Codable, Hashable, Sendable {
        /// Classes that exclude one another: `[truth][decision]`.
        public var pixels: [[Int]]?
        /// Classes that may overlap, in the order of the classes.
        public var perClass: [Counts]?

        public struct Counts: Codable, Hashable, Sendable {
            public var `class`: String
            public var truePositive: Int
            public var falsePositive: Int
            public var falseNegative: Int
            public var trueNegative: Int
        }
    }

    /// Whether the ensemble's errors lie where it is uncertain.
    public struct Uncertainty: Codable, Hashable, Sendable {
        /// `total` or `disagreement`.
        public var part: String
        /// The part of the pixels that is wrong.
        public var errorRate: Double?
        /// How likely a wrong pixel is more uncertain than a right one.
        public var areaUnderROC: Double?
        /// From chance (0) to an oracle (1).
        public var gain: Double?
        /// Errors found against pixels reviewed, the most uncertain first.
        public var curve: [Point]

        public struct Point: Codable, Hashable, Sendable {
            public var reviewed: Double
            public var found: Double
        }
    }
}
