import DurableFiles
import SegmentationModels

/// Everything about one trained network besides its weights: `floe.member/1`.
///
/// It stands beside the weights as JSON and is written last, so that its presence means that the
/// member is whole. ``MemberStore`` is its only reader and writer; the JSON Schema is
/// `manifests/schema/member-1.schema.json`.
public struct MemberManifest: Codable, Hashable, Sendable {
    /// The format that this version writes.
    public static let currentFormat = "floe.member/1"

    public var format: String
    public var identity: Identity
    /// What the member was made from, such as pretrained encoder weights.
    public var lineage: [Parent]
    public var architecture: Architecture
    public var input: Input
    public var output: Output
    public var weights: Weights
    /// Absent for a member that was not trained on a bag.
    public var bag: Bag?
    /// Absent where the training data is unknown.
    public var data: TrainingData?
    /// Absent for an imported network.
    public var training: TrainingRecord?
    public var scores: Scores
    public var selfTest: SelfTestRecord
}

extension MemberManifest {
    /// Which member this is.
    public struct Identity: Codable, Hashable, Sendable {
        /// The first 16 digits of the weights' digest: the same weights have the same id.
        public var id: String
        /// UTC, such as `2025-03-01T09:30:00Z`.
        public var created: String
        /// Name and version of what wrote it, such as `floe 1.0.0`.
        public var software: String

        public init(id: String, created: String, software: String) {
            self.id = id
            self.created = created
            self.software = software
        }
    }

    /// Weights that training began with.
    public struct Parent: Codable, Hashable, Sendable {
        /// What was taken from it, such as `encoder`.
        public var role: String
        /// File name or id.
        public var name: String
        public var sha256: SHA256Digest
        /// What was changed in taking it over, such as `first convolution: cyclic copy times 3/4`.
        public var adaptation: String?

        public init(role: String, name: String, sha256: SHA256Digest, adaptation: String? = nil) {
            self.role = role
            self.name = name
            self.sha256 = sha256
            self.adaptation = adaptation
        }
    }

    /// What rebuilds the network.
    public struct Architecture: Codable, Hashable, Sendable {
        /// The readable name of the configuration, such as `unet-resnet18`.
        public var name: String
        public var configuration: ModelConfiguration

        public init(_ configuration: ModelConfiguration) {
            name = configuration.name
            self.configuration = configuration
        }
    }

    /// The file of weights beside the manifest.
    public struct Weights: Codable, Hashable, Sendable {
        /// How the tensors lie in the file.
        public enum Layout: String, Codable, CaseIterable, Sendable {
            /// One HDF5 dataset per state name, kernels as `[out, in, height, width]`.
            case hdf5StateNames = "hdf5/state-names/oihw"
        }

        /// Its path relative to the manifest's folder.
        public var file: String
        public var bytes: Int
        public var sha256: SHA256Digest
        /// Number of learned values; running statistics are stored but not counted.
        public var parameterCount: Int
        public var layout: Layout

        public init(
            file: String, bytes: Int, sha256: SHA256Digest, parameterCount: Int,
            layout: Layout = .hdf5StateNames
        ) {
            self.file = file
            self.bytes = bytes
            self.sha256 = sha256
            self.parameterCount = parameterCount
            self.layout = layout
        }
    }
}
