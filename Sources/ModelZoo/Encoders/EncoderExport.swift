import DurableFiles
import Foundation
import HDF5Files
import NeuralNetworks
import SegmentationModels
import TensorCore

/// An encoder's weights as another library takes them, so that others can check a port.
public struct EncoderExport {
    /// Whose names and layout.
    public enum Target: String, CaseIterable, Sendable {
        /// A state dictionary: one dataset per key.
        case torchvision
        /// Keras' HDF5 of weights: Keras Applications, or classification_models for the
        /// pre-activation family.
        case keras
    }

    /// The file.
    public let data: Data
    /// What it is, such as `a state dictionary for torchvision's resnet18`.
    public let description: String
    /// What was changed on the way, each change exact in prediction.
    public let rewrites: [String]

    /// - Parameter convention: what the input looks like; its order of bands is restored.
    /// - Throws: `FloeError` of kind `usage` where the target has no such network.
    public init(
        _ network: EncoderNetwork, convention: InputConvention?, target: Target
    ) throws {
        let configuration = network.configuration
        let dialect = try Self.dialect(configuration, target)
        var rewriter = Rewriter(network, to: dialect.graph)
        if target == .keras, convention?.sourceOrder == .bgr { rewriter.reverseBands() }
        try rewriter.match()
        rewrites = rewriter.notes
        let name = configuration.encoder.rawValue
        switch target {
        case .torchvision:
            data = try WeightsFile.encode(
                rewriter.entries.map { entry in
                    NamedTensor(entry.path.joined(separator: "."), entry.tensor)
                })
            description = "a state dictionary for torchvision's \(name)"
        case .keras:
            data = try Self.kerasFile(rewriter.entries, dialect, configuration.encoder)
            description =
                dialect == .keras
                ? "weights for Keras Applications' \(name), without top"
                : "weights for classification_models' \(name), without top"
        }
    }

    private static func dialect(
        _ configuration: EncoderConfiguration, _ target: Target
    ) throws -> EncoderDialect {
        func refuse(_ why: String) -> FloeError {
            FloeError(.usage, "cannot be exported as \(target.rawValue): \(why)")
        }
        let isBottleneck = ResNetDescription.of(configuration.encoder).block == .bottleneck
        let graph = configuration.graph
        switch (target, graph.family) {
        case (.torchvision, .preActivation):
            throw refuse("torchvision has no pre-activation ResNet; --dialect keras has")
        case (.torchvision, .postActivation):
            guard !isBottleneck || !graph.strideInFirstConvolution else {
                throw refuse(
                    "its bottlenecks halve the map in their first convolution, torchvision's in "
                        + "their second")
            }
            return .torchvision
        case (.keras, .preActivation): return .classificationModels
        case (.keras, .postActivation):
            guard isBottleneck else {
                throw refuse("Keras Applications has no \(configuration.encoder.rawValue)")
            }
            guard graph.strideInFirstConvolution else {
                throw refuse(
                    "its bottlenecks halve the map in their second convolution, those of Keras "
                        + "Applications in their first")
            }
            return .keras
        }
    }

    private static func kerasFile(
        _ entries: [StateEntry], _ dialect: EncoderDialect, _ encoder: ModelConfiguration.Encoder
    ) throws -> Data {
        var tensors: [NamedTensor] = []
        var attributes: [GroupAttribute] = []
        var layers: [String] = []
        var byLayer: [String: [(role: String, tensor: Tensor)]] = [:]
        for entry in entries {
            guard let leaf = EncoderLeaf(entry.path), let name = dialect.name(of: leaf) else {
                throw FloeError(.internalFailure, "no name for \(entry.name)")
            }
            let parts = name.split(separator: "/").map(String.init)
            let tensor = entry.tensor.shape.rank == 4 ? entry.tensor.toKeras() : entry.tensor
            byLayer[parts[0], default: []].append((parts[1], tensor))
        }
        for layer in dialect.layers(encoder).compactMap(dialect.layerName) {
            layers.append(layer)
            let weights = byLayer[layer] ?? []
            attributes.append(
                GroupAttribute(
                    layer, "weight_names", list: weights.map { "\(layer)/\($0.role):0" }))
            tensors += weights.map { NamedTensor("\(layer)/\(layer)/\($0.role):0", $0.tensor) }
        }
        attributes.append(GroupAttribute("", "layer_names", list: layers))
        attributes.append(GroupAttribute("", "backend", text: "tensorflow"))
        attributes.append(GroupAttribute("", "keras_version", text: "2.15.0"))
        return try WeightsFile.encode(tensors, attributes: attributes)
    }
}

/// Brings weights from one graph to another that computes the same.
private struct Rewriter {
    private(set) var entries: [StateEntry]
    private(set) var notes: [String] = []
    private let from: EncoderGraph
    private let to: EncoderGraph

    init(_ network: EncoderNetwork, to graph: EncoderGraph) {
        entries = network.stateEntries()
        from = network.configuration.graph
        to = graph
    }

    mutating func reverseBands() {
        for index in entries.indices where entries[index].name == "conv1/weight" {
            entries[index].tensor = entries[index].tensor.reversingInputs()
        }
        notes.append("first kernel's bands from red, green, blue to blue, green, red")
    }

    /// Biases and epsilons as the other graph has them.
    mutating func match() throws {
        if from.convolutionBias, !to.convolutionBias { foldBiases() }
        if !from.convolutionBias, to.convolutionBias { addBiases() }
        if from.epsilon != to.epsilon { try matchEpsilon() }
    }

    /// A bias before a batch norm moves its mean.
    private mutating func foldBiases() {
        var biases: [String: Tensor] = [:]
        entries.removeAll { entry in
            guard let norm = Self.normAfter(entry.path), entry.path.last == "bias" else {
                return false
            }
            biases[norm] = entry.tensor
            return true
        }
        for index in entries.indices where entries[index].path.last == "running_mean" {
            guard let bias = biases[entries[index].path.dropLast().joined(separator: "/")] else {
                continue
            }
            entries[index].tensor = Tensor(
                zip(entries[index].tensor.values, bias.values).map { $0 - $1 },
                shape: bias.shape)
        }
        notes.append("biases into the means of the batch norms that follow")
    }

    private mutating func addBiases() {
        for entry in entries.reversed() {
            guard Self.normAfter(entry.path) != nil, entry.path.last == "weight",
                let place = entries.firstIndex(where: { $0.path == entry.path })
            else { continue }
            var bias = entry
            bias.path[bias.path.count - 1] = "bias"
            bias.tensor = Tensor(zeros: [entry.tensor.shape[0]])
            entries.insert(bias, at: place + 1)
        }
        notes.append("biases of zero for the convolutions")
    }

    private mutating func matchEpsilon() throws {
        let difference = from.epsilon - to.epsilon
        for index in entries.indices where entries[index].path.last == "running_var" {
            let values = entries[index].tensor.values.map { Float(Double($0) + difference) }
            guard values.allSatisfy({ $0 > 0 }) else {
                throw FloeError(
                    .numeric,
                    "a variance of \(entries[index].name) is too small to take epsilon "
                        + "from \(from.epsilon) to \(to.epsilon)")
            }
            entries[index].tensor = Tensor(values, shape: entries[index].tensor.shape)
        }
        notes.append("variances for an epsilon of \(to.epsilon) instead of \(from.epsilon)")
    }

    /// The norm behind a convolution's leaf; nil for other leaves.
    private static func normAfter(_ path: [String]) -> String? {
        guard path.count >= 2 else { return nil }
        var norm = Array(path.dropLast())
        let last = norm.count - 1
        if norm[last].hasPrefix("conv") {
            norm[last] = "bn" + norm[last].dropFirst(4)
        } else if norm[last] == "0", last > 0, norm[last - 1] == "downsample" {
            norm[last] = "1"
        } else {
            return nil
        }
        return norm.joined(separator: "/")
    }
}
