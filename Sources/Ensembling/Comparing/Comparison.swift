import DurableFiles
import Foundation
import ModelZoo
import SegmentationMetrics
import Training

/// Members against their ensemble on one split (`floe.comparison/1`): every number that is printed,
/// unrounded.
public struct Comparison: Codable, Hashable, Sendable {
    public static let currentFormat = "floe.comparison/1"

    public var format = Comparison.currentFormat
    public var created: String
    public var software: String
    public var ensemble: String
    /// Why members were left out; empty where all of the ensemble's are there.
    public var missingMembers: [String] = []
    public var data: String
    public var split: String
    /// Images that were scored.
    public var images: Int
    /// Those of them whose group some member's bag drew: a fair comparison has none. Nil where the
    /// bags were drawn from other data or by another grouping, so that nobody can say.
    public var seenInTraining: Int?
    public var classes: [String]
    public var reduction: Reduction
    public var absentClasses: AbsentClassPolicy
    /// What the loss is, as the first member's recipe has it.
    public var loss: String
    public var rows: [Row]
    /// The ensemble's Dice minus the mean member's and each member's, paired by image.
    public var differences: [Difference]
    public var outOfBag: OutOfBagScore?
    public var perImage: [ImageRow]
    /// What was done with the masks of every row but `unprocessed`, members included, a line a
    /// class; nil for nothing.
    public var postprocessing: [String]?
    /// Images that something of the ensemble was fitted on: a fair comparison has none. Nil where
    /// nothing was fitted, or on other data.
    public var fittedImages: Int?
    /// What was fitted on some of the images; nil for nothing, and in files of earlier versions,
    /// which know of post-processing only.
    public var fittedParts: [String]?
    /// What every image was predicted under; nil in files of earlier versions.
    public var testTime: TestTime?
    /// The name of the member with the best validation score, which somebody who may look at no test
    /// image would choose; nil where not all have one.
    public var bestMember: String?
    public var sizeCurve: SizeCurve?
    public var leaveOneOut: [LeaveOneOut]?
    public var pairs: [Pair]?
    public var reliability: [Reliability]?
    public var confusion: Confusion?
    public var uncertainty: [Uncertainty]?

    /// The test-time augmentation that the scores are of.
    public struct TestTime: Codable, Hashable, Sendable {
        /// Whether `--test-time` replaced what the members' recipes say.
        public var isOverridden: Bool
        /// For every member, in the order of the rows; none stands for images as they are.
        public var members: [TestTimeAugmentation]
    }

    /// A line of the table.
    public struct Row: Codable, Hashable, Sendable {
        public enum Kind: String, Codable, Sendable {
            case member, meanMember, ensemble
            /// The ensemble without its post-processing; only where it has one.
            case unprocessed
        }

        public var kind: Kind
        public var name: String
        public var iou: Double?
        public var dice: Double?
        /// Of `dice`: what other images of the kind would have given. Nil for the mean member and below
        /// two images or groups.
        public var diceInterval: Interval?
        public var pixelAccuracy: Double?
        /// Loss on this split.
        public var loss: Double?
        /// Loss on the validation split, which chose the members' epochs; an ensemble's is that of
        /// its combined probability.
        public var validationLoss: Double?
        /// Minutes of training; the ensemble's are its members' together.
        public var minutes: Double?
        /// Values that the absent-class policy left out of the means.
        public var skipped: Int
        /// The same scores over the summed counts of all images.
        public var pooledDice: Double?
        public var pooledIoU: Double?
        /// Every class on its own; nil for the mean member, and where there is but one class.
        public var classes: [ClassRow]?
        public var calibration: Calibration?
        public var contours: Contours?
        /// Of the weights; the ensemble's are its members' together.
        public var megabytes: Double?
        /// Mean time to predict an image that is already in memory: resizing, test-time augmentation,
        /// the network, and what is prepared once, at the first image of a size. Not reading it,
        /// deciding or post-processing. The ensemble's is its members' together, without combining.
        public var millisecondsPerImage: Double?
    }

    /// A 95 % bootstrap interval over images or groups.
    public struct Interval: Codable, Hashable, Sendable {
        public var lower: Double
        public var upper: Double
    }

    /// One class over the summed counts of all images; a score is nil where it divides by 0.
    public struct ClassRow: Codable, Hashable, Sendable {
        public var name: String
        public var precision: Double?
        public var recall: Double?
        /// Dice, also called F1.
        public var dice: Double?
        public var iou: Double?
        public var boundaryIoU: Double?
        /// In pixels.
        public var hausdorff95: Double?
        public var expectedCalibrationError: Double?
    }

    /// A paired difference of Dice.
    public struct Difference: Codable, Hashable, Sendable {
        /// The ensemble minus this.
        public var against: String
        public var mean: Double
        /// 95 % bootstrap interval over images or groups; nil below two of them.
        public var lower: Double?
        public var upper: Double?
        public var wins: Int
        public var ties: Int
        public var losses: Int
        /// Independent units that interval and test are over: images, or groups of them.
        public var groups: Int
        /// Two-sided Wilcoxon signed-rank test over the groups' mean differences.
        public var pValue: Double
        /// The same, corrected for the number of members (Holm); nil against what is no member.
        public var adjustedPValue: Double?
    }

    /// One image's Dice by every model.
    public struct ImageRow: Codable, Hashable, Sendable {
        public var id: String
        public var group: String?
        public var ensembleDice: Double?
        public var memberDice: [Double?]
    }
}
