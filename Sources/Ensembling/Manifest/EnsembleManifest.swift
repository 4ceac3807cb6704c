import DurableFiles
import ModelZoo

/// What an ensemble is: its members by path and digest, and how they are combined
/// (`floe.ensemble/1`).
///
/// Written by hand it may name only members and a method; `EnsembleBuilder` fills in the rest.
public struct EnsembleManifest: Codable, Hashable, Sendable {
    public static let currentFormat = "floe.ensemble/1"

    public var format: String
    public var name: String?
    /// The folder that member paths are relative to, seen from the manifest: `.` or `..`.
    public var root: String?
    public var members: [Member]
    public var combine: Combine
    /// What becomes of the masks; nil leaves them as they were decided.
    public var postprocessing: PostProcessing?
    /// When members may be left out where only labels are wanted; nil where that was not fitted.
    public var earlyExit: EarlyExitFit?
    public var input: Input?
    public var output: Output?
    public var scores: Scores?
    public var lineage: Lineage?

    /// One member.
    public struct Member: Codable, Hashable, Sendable {
        /// The member's manifest.
        public var path: String
        /// SHA-256 of the member's manifest; a draft may leave it out.
        public var sha256: SHA256Digest?
        /// Its share; none stands for 1.
        public var weight: Weight?

        public init(path: String, sha256: SHA256Digest? = nil, weight: Weight? = nil) {
            self.path = path
            self.sha256 = sha256
            self.weight = weight
        }
    }

    /// One number for a member, or one per class.
    public enum Weight: Codable, Hashable, Sendable {
        case member(Double)
        case perClass([Double])

        public init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Double.self) {
                self = .member(number)
            } else {
                self = .perClass(try container.decode([Double].self))
            }
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .member(let number): try container.encode(number)
            case .perClass(let numbers): try container.encode(numbers)
            }
        }

        /// For an error: `2` or `[1, 0.5]`.
        var words: String {
            switch self {
            case .member(let number): "\(number)"
            case .perClass(let numbers): "\(numbers)"
            }
        }

        /// One weight for each of `classes` classes, or nil for another number of them.
        func values(classes: Int) -> [Double]? {
            switch self {
            case .member(let number): [Double](repeating: number, count: classes)
            case .perClass(let numbers): numbers.count == classes ? numbers : nil
            }
        }
    }

    /// How members become one answer.
    public struct Combine: Codable, Hashable, Sendable {
        public var method: Combiner.Method
        public var space: Combiner.Space?
        /// The only rule there is, written out for readers.
        public var ties: Ties?
        /// One per class, for sigmoid outputs; none takes the members' own.
        public var thresholds: [Double]?
        /// What the mean's probabilities are tempered by, before thresholds; none stands for 1.
        public var temperature: Double?
        /// How members, weights, order and temperature were found; none where they were given.
        public var fits: [CombineFit]?

        public init(
            method: Combiner.Method, space: Combiner.Space? = nil, ties: Ties? = nil,
            thresholds: [Double]? = nil, temperature: Double? = nil, fits: [CombineFit]? = nil
        ) {
            self.method = method
            self.space = space
            self.ties = ties
            self.thresholds = thresholds
            self.temperature = temperature
            self.fits = fits
        }
    }

    public enum Ties: String, Codable, CaseIterable, Sendable {
        case higherMeanProbability = "higher-mean-probability-then-lower-index"
    }

    /// What all members take: bands by name and order.
    public struct Input: Codable, Hashable, Sendable {
        public var bands: [String]

        public init(bands: [String]) { self.bands = bands }
    }

    /// What all members give.
    public struct Output: Codable, Hashable, Sendable {
        public var classes: [MemberManifest.Output.Class]
        public var activation: MemberManifest.Output.Activation

        public init(
            classes: [MemberManifest.Output.Class], activation: MemberManifest.Output.Activation
        ) {
            self.classes = classes
            self.activation = activation
        }
    }

    public struct Scores: Codable, Hashable, Sendable {
        /// Nil where no data was given.
        public var outOfBag: OutOfBagScore?

        public init(outOfBag: OutOfBagScore?) { self.outOfBag = outOfBag }

        private enum CodingKeys: String, CodingKey { case outOfBag }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(outOfBag, forKey: .outOfBag)
        }
    }

    public struct Lineage: Codable, Hashable, Sendable {
        /// UTC.
        public var created: String
        public var software: String

        public init(created: String, software: String) {
            self.created = created
            self.software = software
        }
    }
}

/// Scores of every image by the members whose bag left it out (Breiman 1996).
public struct OutOfBagScore: Codable, Hashable, Sendable {
    public var score: MemberManifest.Score
    public var coverage: Coverage

    public init(score: MemberManifest.Score, coverage: Coverage) {
        self.score = score
        self.coverage = coverage
    }

    /// How much of the data the score speaks for.
    public struct Coverage: Codable, Hashable, Sendable {
        /// Images that at least one member had left out; only these are scored.
        public var images: Int
        /// Images that the bags were drawn from.
        public var total: Int
        /// Mean number of members that had left out a scored image.
        public var meanVotes: Double

        public init(images: Int, total: Int, meanVotes: Double) {
            self.images = images
            self.total = total
            self.meanVotes = meanVotes
        }
    }
}
