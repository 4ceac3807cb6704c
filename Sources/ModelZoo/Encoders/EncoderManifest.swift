import DurableFiles
import SegmentationModels

/// What is known of a ported encoder besides its weights: `floe.encoder/1`.
///
/// It stands beside the weights as JSON, is written last, and proves the port again on any machine
/// by its probe. ``EncoderStore`` is its only reader and writer; the JSON Schema is
/// `manifests/schema/encoder-1.schema.json`.
public struct EncoderManifest: Codable, Hashable, Sendable {
    /// The format that this version writes.
    public static let currentFormat = "floe.encoder/1"

    public var format: String
    public var identity: MemberManifest.Identity
    public var source: Source
    /// Such as `resnet50`.
    public var name: String
    public var configuration: EncoderConfiguration
    /// What the input looked like in training; absent where it has not three bands.
    public var input: InputConvention?
    /// What was changed in taking the weights over, exact but for the rounding of float64; empty for
    /// a plain copy.
    public var rewrites: [String]
    /// Names of weights that the file did not have, and that are random.
    public var missing: [String]
    public var weights: MemberManifest.Weights
    public var probe: Probe

    /// Where the weights came from.
    public struct Source: Codable, Hashable, Sendable {
        /// File name, without its folder.
        public var file: String
        public var bytes: Int
        public var sha256: SHA256Digest
        public var dialect: EncoderDialect
        public var container: String
        /// What in the file told its dialect.
        public var evidence: [String]
    }

    /// What the encoder computes of a small seeded input, stage by stage.
    public struct Probe: Codable, Hashable, Sendable {
        /// One feature map.
        public struct Stage: Codable, Hashable, Sendable {
            /// `[1, channels, height, width]`.
            public var shape: [Int]
            public var mean: Double
            /// Largest absolute value.
            public var largest: Double
            public var samples: [MemberManifest.SelfTestRecord.Sample]
        }

        /// Names the input: `RandomStream(seed:purpose: .selfTest)`, stored values uniform in
        /// [0, 255), brought to the input convention; uniform in [-2, 2) where there is none.
        public var seed: UInt64
        /// `[1, bands, height, width]`.
        public var input: [Int]
        /// `f1` to `f5`.
        public var stages: [Stage]
        /// Allowed difference as a share of a stage's largest value.
        public var tolerance: Double
    }
}

extension EncoderManifest {
    /// Of all that decides what starts from it: weights, graph, input, and what is random.
    ///
    /// - Throws: `FloeError` for a number that is not finite.
    public func portDigest() throws -> SHA256Digest {
        struct Port: Encodable {
            var configuration: EncoderConfiguration
            var input: InputConvention?
            var missing: [String]
            var weights: SHA256Digest
        }
        return .of(
            try BoundedJSON.encode(
                Port(
                    configuration: configuration, input: input, missing: missing,
                    weights: weights.sha256)))
    }

    /// Throws where the manifest contradicts itself or claims more than any encoder needs.
    public func validate() throws {
        func require(
            _ condition: Bool, _ place: String, _ expected: String, _ got: String
        ) throws {
            guard condition else {
                throw FloeError(.badData, "key '\(place)'", expected: expected, got: got)
            }
        }
        do { try configuration.validate() } catch let error as ModelConfigurationError {
            throw FloeError(.badData, "key 'configuration': \(error.description)")
        }
        try require(
            name == configuration.encoder.rawValue, "name", configuration.encoder.rawValue, name)
        try require(
            weights.bytes > 0 && weights.bytes <= MemberStore.largestWeights
                && weights.parameterCount > 0 && weights.parameterCount <= weights.bytes,
            "weights", "bytes and parameters above 0", "\(weights.bytes)")
        if let input {
            let values = input.mean + input.deviation + [input.scale]
            try require(
                configuration.bands == 3 && input.mean.count == 3 && input.deviation.count == 3
                    && input.deviation.allSatisfy { $0 > 0 } && input.scale > 0
                    && values.allSatisfy(\.isFinite), "input",
                "scale, mean and deviation of three bands", "\(values)")
        }
        let channels = configuration.featureChannels
        let multiple = EncoderConfiguration.inputMultiple
        try require(
            probe.input.count == 4 && probe.input[0] == 1
                && probe.input[1] == configuration.bands
                && probe.input[2...].allSatisfy { (1...1024).contains($0) && $0 % multiple == 0 }
                && configuration.bands * probe.input[2] * probe.input[3] <= 1 << 24,
            "probe.input", "[1, \(configuration.bands), height, width], small", "\(probe.input)")
        try require(
            probe.stages.count == channels.count
                && zip(probe.stages, channels).enumerated().allSatisfy { index, pair in
                    pair.0.shape
                        == [
                            1, pair.1, probe.input[2] >> (index + 1),
                            probe.input[3] >> (index + 1),
                        ]
                }, "probe.stages", "maps of \(channels) channels",
            "\(probe.stages.map(\.shape))")
        try require(
            probe.stages.allSatisfy { (1...4096).contains($0.samples.count) && $0.largest >= 0 },
            "probe.stages.samples", "1 to 4096 values", "others")
        try require(
            probe.tolerance > 0 && probe.tolerance <= 0.01, "probe.tolerance", "0 to 0.01",
            "\(probe.tolerance)")
    }
}
