import DurableFiles

extension MemberManifest {
    /// What was measured; a part is absent where it was not.
    public struct Scores: Codable, Hashable, Sendable {
        public var validation: Score?
        public var outOfBag: Score?

        public init(validation: Score? = nil, outOfBag: Score? = nil) {
            self.validation = validation
            self.outOfBag = outOfBag
        }
    }

    /// Scores over a set of images, with the rules by which they were computed.
    public struct Score: Codable, Hashable, Sendable {
        public enum Reduction: String, Codable, CaseIterable, Sendable {
            /// Mean of the images' scores.
            case perImage = "per-image"
            /// Score of the summed counts.
            case pooled
        }

        /// What a class counts that is absent from truth and prediction.
        public enum AbsentClasses: String, Codable, CaseIterable, Sendable {
            case one, skip, zero
        }

        public var reduction: Reduction
        public var absentClasses: AbsentClasses
        /// Number of images that were scored.
        public var images: Int
        /// Such as `dice`, `iou`, `loss`; a mean of nothing is left out.
        public var values: [String: Double]
        /// The same by class name.
        public var classes: [String: [String: Double]]?
        /// True where the images were also used to choose the weights.
        public var isOptimistic: Bool

        public init(
            reduction: Reduction, absentClasses: AbsentClasses, images: Int,
            values: [String: Double], classes: [String: [String: Double]]? = nil,
            isOptimistic: Bool = false
        ) {
            self.reduction = reduction
            self.absentClasses = absentClasses
            self.images = images
            self.values = values
            self.classes = classes
            self.isOptimistic = isOptimistic
        }
    }

    /// What the network computes of a seeded input, so that anyone can check that it still does.
    public struct SelfTestRecord: Codable, Hashable, Sendable {
        /// One value of the output.
        public struct Sample: Codable, Hashable, Sendable {
            /// Row-major index in the output `[1, classes, height, width]`.
            public var position: Int
            public var value: Float

            public init(position: Int, value: Float) {
                self.position = position
                self.value = value
            }
        }

        /// The output to the last bit, on one kind of machine.
        public struct Digest: Codable, Hashable, Sendable {
            /// Of the output's values as little-endian float32 in row-major order.
            public var sha256: SHA256Digest
            /// Elsewhere the last bits may differ, and the digest is not compared.
            public var environment: ComputeEnvironment

            public init(sha256: SHA256Digest, environment: ComputeEnvironment) {
                self.sha256 = sha256
                self.environment = environment
            }
        }

        /// Names the input: `RandomStream(seed:purpose: .selfTest)`, uniform in [-2, 2).
        public var seed: UInt64
        /// `[1, bands, height, width]`.
        public var input: [Int]
        /// `[1, classes, height, width]`.
        public var output: [Int]
        /// Mean of the logits.
        public var mean: Double
        /// Largest absolute value of the logits.
        public var largest: Double
        public var samples: [Sample]
        /// Logits of the classes' presence, of the same input; absent without an image head.
        public var presence: [Float]?
        /// Allowed difference as a share of `largest`.
        public var tolerance: Double
        public var digest: Digest?

        public init(
            seed: UInt64, input: [Int], output: [Int], mean: Double, largest: Double,
            samples: [Sample], presence: [Float]? = nil, tolerance: Double, digest: Digest?
        ) {
            self.seed = seed
            self.input = input
            self.output = output
            self.mean = mean
            self.largest = largest
            self.samples = samples
            self.presence = presence
            self.tolerance = tolerance
            self.digest = digest
        }
    }
}
