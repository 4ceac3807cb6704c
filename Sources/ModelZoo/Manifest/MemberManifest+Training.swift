import DurableFiles
import Foundation

extension MemberManifest {
    /// The bootstrap sample that the member was trained on.
    public struct Bag: Codable, Hashable, Sendable {
        /// What to do when a class is missing from a sample.
        public enum ClassPolicy: String, Codable, CaseIterable, Sendable {
            case allow
            case requireClasses = "require-classes"
        }

        /// How the units were chosen where it was no bootstrap.
        public struct Plan: Codable, Hashable, Sendable {
            public enum Kind: String, Codable, CaseIterable, Sendable {
                case kFold = "k-fold"
                case holdOut = "hold-out"
            }

            public var kind: Kind
            /// Whether every part got its share of each class.
            public var isStratified: Bool
            /// k-fold: number of folds, the one that stayed out, and which division of the units it
            /// belongs to; both counted from 0.
            public var folds: Int?
            public var fold: Int?
            public var repetition: Int?

            public init(
                kind: Kind, isStratified: Bool, folds: Int? = nil, fold: Int? = nil,
                repetition: Int? = nil
            ) {
                self.kind = kind
                self.isStratified = isStratified
                self.folds = folds
                self.fold = fold
                self.repetition = repetition
            }
        }

        /// The ensemble's seed.
        public var seed: UInt64
        /// Index of the member in its ensemble, from 0.
        public var member: Int
        /// What is drawn: `image`, or the grouping that the recipe names.
        public var unit: String
        /// Nil for a bootstrap.
        public var plan: Plan?
        /// Number of draws.
        public var drawn: Int
        /// Draws as a share of the units to draw from.
        public var fraction: Double
        public var withReplacement: Bool
        public var classPolicy: ClassPolicy
        /// How often the sample was drawn anew because a class was missing.
        public var redraws: Int
        /// ``digest(of:)`` of the drawn ids.
        public var idsSHA256: SHA256Digest
        /// The drawn ids in the order of drawing, repeated as drawn; or they are in `idsFile`.
        public var ids: [String]?
        /// A text file beside the manifest with one id per line.
        public var idsFile: String?
        public var classesNeverSeen: [String]
        /// True where the best epoch was chosen on what the bag left out, which makes an out-of-bag
        /// score optimistic; nil otherwise.
        public var validatedHeldOut: Bool?

        public init(
            seed: UInt64, member: Int, unit: String, plan: Plan? = nil, drawn: Int,
            fraction: Double,
            withReplacement: Bool, classPolicy: ClassPolicy, redraws: Int,
            idsSHA256: SHA256Digest, ids: [String]? = nil, idsFile: String? = nil,
            classesNeverSeen: [String], validatedHeldOut: Bool? = nil
        ) {
            self.seed = seed
            self.member = member
            self.unit = unit
            self.plan = plan
            self.validatedHeldOut = validatedHeldOut
            self.drawn = drawn
            self.fraction = fraction
            self.withReplacement = withReplacement
            self.classPolicy = classPolicy
            self.redraws = redraws
            self.idsSHA256 = idsSHA256
            self.ids = ids
            self.idsFile = idsFile
            self.classesNeverSeen = classesNeverSeen
        }

        /// The digest of ids: SHA-256 of their UTF-8, each followed by a line feed.
        public static func digest(of ids: [String]) -> SHA256Digest {
            .of(fileContents(of: ids))
        }

        /// What an `idsFile` holds.
        public static func fileContents(of ids: [String]) -> Data {
            var data = Data()
            for id in ids {
                data.append(contentsOf: id.utf8)
                data.append(0x0A)
            }
            return data
        }
    }

    /// The data set that bag, validation and test came from.
    public struct TrainingData: Codable, Hashable, Sendable {
        /// How the groups were divided.
        public struct Split: Codable, Hashable, Sendable {
            public var seed: UInt64
            /// What was divided: `image`, or the grouping that the recipe names.
            public var unit: String
            /// Number of images in each part.
            public var training: Int
            public var validation: Int
            public var test: Int

            public init(seed: UInt64, unit: String, training: Int, validation: Int, test: Int) {
                self.seed = seed
                self.unit = unit
                self.training = training
                self.validation = validation
                self.test = test
            }
        }

        public var name: String
        /// Digest of the ids and contents of the data set.
        public var fingerprint: SHA256Digest
        public var split: Split

        public init(name: String, fingerprint: SHA256Digest, split: Split) {
            self.name = name
            self.fingerprint = fingerprint
            self.split = split
        }
    }

    /// How the weights came about.
    public struct TrainingRecord: Codable, Hashable, Sendable {
        /// The resolved hyperparameters as the recipe names them.
        public var hyperparameters: JSONValue
        /// Epochs that were run.
        public var epochs: Int
        /// The epoch whose weights these are, from 1.
        public var bestEpoch: Int
        public var seconds: Double
        public var seed: UInt64
        public var environment: ComputeEnvironment

        public init(
            hyperparameters: JSONValue, epochs: Int, bestEpoch: Int, seconds: Double,
            seed: UInt64, environment: ComputeEnvironment
        ) {
            self.hyperparameters = hyperparameters
            self.epochs = epochs
            self.bestEpoch = bestEpoch
            self.seconds = seconds
            self.seed = seed
            self.environment = environment
        }
    }

    /// What decides about the last bits of a result.
    public struct ComputeEnvironment: Codable, Hashable, Sendable {
        /// The processor's model and instruction set.
        public var processor: String
        public var threads: Int
        /// The compute back end, such as `onednn`.
        public var backend: String
        /// Digest of the table of chosen kernels, or `exact` for direct convolution only.
        public var kernelTable: String

        public init(processor: String, threads: Int, backend: String, kernelTable: String) {
            self.processor = processor
            self.threads = threads
            self.backend = backend
            self.kernelTable = kernelTable
        }
    }
}
