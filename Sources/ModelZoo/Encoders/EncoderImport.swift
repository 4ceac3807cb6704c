import DurableFiles
import NeuralNetworks
import SegmentationModels
import TensorCore

/// A foreign file's encoder, mapped name by name onto Floe's own: what `encoder inspect` shows and
/// `encoder import` does.
public struct EncoderImport: Sendable {
    public let file: ForeignFile
    public let dialect: EncoderDialect
    public let container: String
    /// What in the file told its dialect.
    public let evidence: [String]
    public let configuration: EncoderConfiguration
    /// Nil where the encoder has other than three bands.
    public let convention: InputConvention?
    /// Every weight and its place in the file.
    public let map: WeightMap
    /// Stands before the encoder's names in the file.
    private let prefix: String

    /// Recognises the file and maps its names; no values are read.
    ///
    /// - Throws: `FloeError` of kind `badData` where it holds no ResNet that is known.
    public init(_ file: ForeignFile, hints: EncoderHints = EncoderHints()) throws {
        do {
            let recognized = try RecognizedEncoder(SourceWeights(file.listing), hints: hints)
            try self.init(file, recognized, hints)
        } catch let error as FloeError {
            throw error.naming(file.path)
        }
    }

    private init(
        _ file: ForeignFile, _ recognized: RecognizedEncoder, _ hints: EncoderHints
    ) throws {
        self.file = file
        dialect = recognized.dialect
        container = recognized.source.container.rawValue
        evidence = recognized.evidence
        prefix = recognized.prefix
        configuration = try recognized.configuration()
        convention = configuration.bands == 3 ? recognized.dialect.convention : nil
        let network: EncoderNetwork
        do {
            network = try EncoderNetwork.unfilled(configuration)
        } catch let error as ModelConfigurationError {
            throw FloeError(.badData, error.description)
        }
        map = WeightMap(
            network.stateEntries(), recognized.source, in: file,
            allowedMissing: hints.allowedMissing
        ) { recognized.sourceName($0.path) }
    }

    /// What is changed in taking the weights over; each change is exact.
    public var rewrites: [String] {
        map.rewrites
            + (convention?.sourceOrder == .bgr
                ? ["first kernel's bands from blue, green, red to red, green, blue"] : [])
    }

    /// Throws unless every weight is there, once, in its shape, and readable.
    public func check() throws {
        try map.check(
            "a \(configuration.encoder.rawValue) of \(dialect.rawValue)",
            foreign: map.unused.filter { !isHarmless($0) },
            advice: "see the whole map: floe encoder inspect")
    }

    /// Reads the values.
    ///
    /// - Throws: `FloeError` as ``check()``, or of kind `badData` where a value is not finite.
    public func load() throws -> EncoderNetwork {
        try check()
        var tensors = try map.load()
        if convention?.sourceOrder == .bgr {
            tensors["conv1/weight"] = tensors["conv1/weight"]?.reversingInputs()
        }
        var network: EncoderNetwork
        do {
            // What is missing with leave stays random.
            network =
                map.random.isEmpty
                ? try EncoderNetwork.unfilled(configuration)
                : try EncoderNetwork(configuration, seed: 0)
        } catch {
            throw FloeError(.badData, file: file.path, "\(error)")
        }
        network.replaceState { tensors[$0.name] }
        return network
    }

    /// Whether a weight that is not needed is no sign of another graph.
    ///
    /// In a state dictionary that is a counter, a classifier, or what lies outside the encoder; in a
    /// Keras file any layer that is not called as the encoder's own are.
    private func isHarmless(_ name: String) -> Bool {
        guard dialect == .torchvision else { return !dialect.owns(layerOf: name) }
        guard name.hasPrefix(prefix) else { return true }
        let parts = name.dropFirst(prefix.count).split(separator: ".")
        if parts.last == "num_batches_tracked" { return true }
        let heads: Set<Substring> = [
            "fc", "classifier", "head", "decoder", "segmentation_head", "classification_head",
            "optimizer",
        ]
        return parts.first.map(heads.contains) ?? false
    }
}
