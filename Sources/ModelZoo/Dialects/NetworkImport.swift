import DurableFiles
import NeuralNetworks
import SegmentationModels
import TensorCore

/// A whole foreign network, mapped name by name onto Floe's own: what `zoo import` does.
public struct NetworkImport: Sendable {
    /// Whose network.
    public enum Kind: String, Sendable, CaseIterable {
        case smpUnet = "segmentation_models.pytorch's Unet"
        case smpUnetPlusPlus = "segmentation_models.pytorch's UnetPlusPlus"
        case milesial = "milesial's U-Net"
        case kerasUnet = "segmentation_models' U-Net (Keras)"
    }

    public let file: ForeignFile
    public let kind: Kind
    public let configuration: ModelConfiguration
    /// What the input looked like in training; nil for other than three bands.
    public let convention: InputConvention?
    public let map: WeightMap

    /// Recognises the file and maps its names; no values are read.
    ///
    /// - Throws: `FloeError` of kind `badData` where it holds no network that is known.
    public init(_ file: ForeignFile) throws {
        do {
            let source = try SourceWeights(file.listing)
            let found = try RecognizedNetwork(source)
            self.file = file
            kind = found.kind
            configuration = found.configuration
            convention = found.configuration.bands == 3 ? found.convention : nil
            let network: any SegmentationNetwork
            do {
                network = try ModelFactory.unfilled(configuration)
            } catch let error as ModelConfigurationError {
                throw FloeError(.badData, error.description)
            }
            map = WeightMap(network.stateEntries(), found.source, in: file) {
                found.sourceName($0.path)
            }
        } catch let error as FloeError {
            throw error.naming(file.path)
        }
    }

    /// What is changed in taking the weights over; each change is exact.
    public var rewrites: [String] { map.rewrites }

    /// Whether it is the attention on a skip connection that the last decoder block does not have:
    /// stored by segmentation_models.pytorch, used by nobody.
    private func isUnused(_ name: String) -> Bool {
        let block =
            switch kind {
            case .smpUnet: "4"
            case .smpUnetPlusPlus: "x_0_4"
            case .milesial, .kerasUnet: nil as String?
            }
        return configuration.blocks?.attention == .concurrent
            && block.map { name.contains("decoder.blocks.\($0).attention1.") } == true
    }

    /// Reads the values.
    ///
    /// - Throws: `FloeError` of kind `badData` unless every weight is there, in its shape, and finite.
    public func load() throws -> any SegmentationNetwork {
        try map.check(
            "\(kind.rawValue) (\(configuration.name))",
            foreign: map.unused.filter { name in
                !isUnused(name) && !name.hasSuffix("num_batches_tracked")
                    && !name.contains("classification_head")
                    && !name.contains("optimizer") && !name.hasSuffix("mask_values")
            }, advice: "only networks as their library makes them by default can be taken in")
        let tensors = try map.load()
        var network: any SegmentationNetwork
        do { network = try ModelFactory.unfilled(configuration) } catch {
            throw FloeError(.badData, file: file.path, "\(error)")
        }
        network.replaceState { tensors[$0.name] }
        return network
    }
}

/// A foreign file whose network is known.
private struct RecognizedNetwork {
    let kind: NetworkImport.Kind
    let configuration: ModelConfiguration
    let convention: InputConvention
    let source: SourceWeights
    private let encoder: RecognizedEncoder?
    private let prefix: String

    init(_ given: SourceWeights) throws {
        if given.container != .stateDictionary {
            let encoder = try RecognizedEncoder(given, hints: EncoderHints())
            self.encoder = encoder
            source = encoder.source
            prefix = ""
            kind = .kerasUnet
            convention = encoder.dialect.convention
            configuration = try Self.kerasConfiguration(source, encoder)
            return
        }
        source = given
        if let found = try given.prefix(of: ["inc.double_conv.0.weight", "outc.conv.weight"]) {
            encoder = nil
            prefix = found
            kind = .milesial
            // 0 to 1, not normalised further.
            convention = InputConvention(
                sourceOrder: .rgb, scale: 1.0 / 255, mean: [0, 0, 0], deviation: [1, 1, 1])
            configuration = try Self.milesialConfiguration(given, found)
            return
        }
        // `tu-` encoders of segmentation_models.pytorch are timm's, one name further down.
        let found = try ["encoder.", "encoder.model."].lazy.compactMap {
            try given.prefix(of: ["\($0)conv1.weight", "segmentation_head.0.weight"])
        }.first
        guard let found else {
            throw FloeError(
                .badData, "no network that is known",
                expected: NetworkImport.Kind.allCases.map(\.rawValue).joined(separator: ", "),
                got: "keys " + Listing.of(given.weights.map(\.name)),
                advice: "an encoder by itself is taken in by floe encoder import")
        }
        prefix = found
        let encoder = try RecognizedEncoder(given, hints: EncoderHints())
        self.encoder = encoder
        convention = encoder.dialect.convention
        let isNested = given.has(found + "decoder.blocks.x_0_0.conv1.0.weight")
        kind = isNested ? .smpUnetPlusPlus : .smpUnet
        configuration = try Self.smpConfiguration(given, found, encoder, isNested: isNested)
    }

    /// The file's name of a leaf of Floe's own.
    func sourceName(_ path: [String]) -> String? {
        if path.first == "encoder" { return encoder?.sourceName(Array(path.dropFirst())) }
        guard kind == .kerasUnet else { return prefix + path.joined(separator: ".") }
        guard let role = path.last else { return nil }
        if path.first == "segmentation_head" {
            return "final_conv/" + (role == "weight" ? "kernel" : "bias")
        }
        // decoder/blocks/N/conv1/0/weight
        guard path.count == 6 else { return nil }
        let layer = "decoder_stage\(path[2])" + (path[3] == "conv1" ? "a" : "b")
        if path[4] == "0" { return "\(layer)_conv/kernel" }
        let roles = [
            "weight": "gamma", "bias": "beta", "running_mean": "moving_mean",
            "running_var": "moving_variance",
        ]
        return roles[role].map { "\(layer)_bn/\($0)" }
    }

    private static func refusal(_ what: String) -> FloeError {
        FloeError(.badData, what, expected: "a network as its library makes it by default")
    }

    /// An axis of a weight that must be there.
    private static func extent(_ source: SourceWeights, _ name: String, _ axis: Int) throws -> Int {
        guard let extents = source[name]?.extents, extents.count == 4 else {
            throw refusal("no kernel '\(name)'")
        }
        return extents[axis]
    }

    private static func milesialConfiguration(
        _ source: SourceWeights, _ prefix: String
    ) throws -> ModelConfiguration {
        let levels = (1...8).prefix {
            source.has(prefix + "down\($0).maxpool_conv.1.double_conv.0.weight")
        }.count
        return .unet(
            bands: try extent(source, prefix + "inc.double_conv.0.weight", 1),
            classes: try extent(source, prefix + "outc.conv.weight", 0),
            baseWidth: try extent(source, prefix + "inc.double_conv.0.weight", 0), levels: levels,
            upsampling: source.has(prefix + "up1.up.weight") ? .transposed : .bilinear)
    }

    private static func smpConfiguration(
        _ source: SourceWeights, _ prefix: String, _ encoder: RecognizedEncoder, isNested: Bool
    ) throws -> ModelConfiguration {
        let blocks = isNested ? (0..<5).map { "x_0_\($0)" } : (0..<5).map(String.init)
        let channels = try blocks.map {
            try extent(source, "\(prefix)decoder.blocks.\($0).conv2.0.weight", 0)
        }
        let own = try encoder.configuration()
        let classes = try extent(source, prefix + "segmentation_head.0.weight", 0)
        var result =
            isNested
            ? ModelConfiguration.unetPlusPlus(
                own.encoder, bands: own.bands, classes: classes, baseWidth: own.baseWidth,
                decoderChannels: channels)
            : .encoderUNet(
                own.encoder, bands: own.bands, classes: classes, baseWidth: own.baseWidth,
                decoderChannels: channels)
        if own.graph != .torchvision { result.encoderGraph = own.graph }
        // The first block has an attention wherever one has.
        let gate = "\(prefix)decoder.blocks.\(blocks[0]).attention2.attention.cSE.1.weight"
        if source.has(gate) {
            let (inner, outer) = (try extent(source, gate, 0), try extent(source, gate, 1))
            var options = BlockOptions()
            options.attention = .concurrent
            options.attentionReduction = outer / 16 == inner ? 16 : outer / max(1, inner)
            result.blocks = options
        }
        return result
    }

    private static func kerasConfiguration(
        _ source: SourceWeights, _ encoder: RecognizedEncoder
    ) throws -> ModelConfiguration {
        guard encoder.dialect == .classificationModels, source.has("final_conv/kernel") else {
            throw FloeError(
                .badData, "an encoder by itself, no network",
                advice: "take it in by floe encoder import")
        }
        if source.has("decoder_stage0a_transpose/kernel") {
            throw refusal("a decoder with transposed convolutions")
        }
        let channels = try (0..<5).map {
            try extent(source, "decoder_stage\($0)b_conv/kernel", 3)
        }
        let own = try encoder.configuration()
        var result = ModelConfiguration.encoderUNet(
            own.encoder, bands: own.bands, classes: try extent(source, "final_conv/kernel", 3),
            baseWidth: own.baseWidth, decoderChannels: channels)
        result.encoderGraph = own.graph
        // Keras' default, which segmentation_models leaves as it is.
        result.decoderEpsilon = 1e-3
        return result
    }
}
