import DurableFiles
import SegmentationModels
import TensorCore

/// What somebody who knows better than the file may say.
public struct EncoderHints: Sendable {
    public var dialect: EncoderDialect?
    public var architecture: ModelConfiguration.Encoder?
    /// Another graph than the dialect's own, such as Keras weights that were saved under torch names.
    public var graph: EncoderDialect?
    /// Names of Floe's own below which weights may be missing, such as `layer4`; they stay random.
    public var allowedMissing: [String]

    public init(
        dialect: EncoderDialect? = nil, architecture: ModelConfiguration.Encoder? = nil,
        graph: EncoderDialect? = nil, allowedMissing: [String] = []
    ) {
        self.dialect = dialect
        self.architecture = architecture
        self.graph = graph
        self.allowedMissing = allowedMissing
    }
}

/// A foreign file whose encoder is known: its dialect, its architecture, and how its names map.
struct RecognizedEncoder {
    let dialect: EncoderDialect
    /// What in the file says so, for people.
    let evidence: [String]
    let encoder: ModelConfiguration.Encoder
    let graph: EncoderGraph
    let source: SourceWeights
    /// Stands before the encoder's names in the file.
    let prefix: String

    /// - Throws: `FloeError` of kind `badData` that says what the file is instead, or why nobody can
    ///   tell.
    init(_ source: SourceWeights, hints: EncoderHints) throws {
        let recognizer = DialectRecognizer(source)
        try recognizer.refuseOthers()
        let (dialect, prefix, reason) = try recognizer.dialect(hints.dialect)
        var named = source
        let encoder: ModelConfiguration.Encoder
        if source.isUnnamed {
            encoder = try recognizer.encoderByCount(dialect, hints.architecture)
            named = try recognizer.naming(dialect, encoder)
        } else {
            encoder = try recognizer.encoderByNames(dialect, prefix, hints)
        }
        self.dialect = dialect
        self.encoder = encoder
        self.prefix = prefix
        self.source = named
        graph = (hints.graph ?? dialect).graph
        if graph.family != dialect.graph.family {
            throw FloeError(
                .usage,
                "weights of \(dialect.rawValue) do not fit the graph of "
                    + "\(hints.graph?.rawValue ?? "")",
                expected: "a graph of the same family (\(dialect.graph.family.rawValue))")
        }
        var evidence = source.evidence + [reason]
        if !prefix.isEmpty { evidence.append("names begin with '\(prefix)'") }
        self.evidence = evidence
        try recognizer.refuseVariants(dialect, encoder, named, prefix)
    }

    /// The source's name of a leaf of Floe's own.
    func sourceName(_ path: [String]) -> String? {
        EncoderLeaf(path).flatMap { dialect.name(of: $0) }.map { prefix + $0 }
    }

    /// Width and bands stand in the first kernel.
    func configuration() throws -> EncoderConfiguration {
        guard let name = sourceName(["conv1", "weight"]),
            let kernel = source[name]?.extents, kernel.count == 4
        else {
            throw FloeError(.badData, "no first convolution", expected: "a kernel of four axes")
        }
        let isTorch = source.container == .stateDictionary
        let (width, bands) = isTorch ? (kernel[0], kernel[1]) : (kernel[3], kernel[2])
        let configuration = EncoderConfiguration(
            encoder, graph: graph, bands: bands, baseWidth: width)
        do { try configuration.validate() } catch let error as ModelConfigurationError {
            throw FloeError(.badData, "the first kernel has shape \(kernel): \(error.description)")
        }
        return configuration
    }
}
