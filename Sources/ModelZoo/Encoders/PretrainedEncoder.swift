import DurableFiles
import SegmentationModels
import TensorCore

/// A ported encoder that networks start from.
public struct PretrainedEncoder: Sendable {
    public let manifest: EncoderManifest
    private let network: EncoderNetwork

    /// - Parameter sha256: what ``EncoderManifest/portDigest()`` must be, where a run was started with
    ///   it.
    public init(_ path: String, expecting sha256: SHA256Digest? = nil) throws {
        (manifest, network) = try EncoderStore.load(path)
        let got = try manifest.portDigest()
        if let sha256, got != sha256 {
            throw FloeError(
                .badData, file: path, "the encoder changed since this run was started",
                expected: "weights, graph and input of digest \(sha256)", got: "\(got)",
                advice: "restore it, or start a new run")
        }
    }

    /// Puts the encoder's weights into a network of the same encoder.
    ///
    /// Members normalise every band to mean 0 and deviation 1, which is what an encoder of
    /// torchvision expects. Others expect values of another size: their first kernel is multiplied
    /// by the deviation of ImageNet's bands as they saw them (exact), or their norm of the input
    /// gets the statistics of what is normalised already.
    ///
    /// - Parameters:
    ///   - bands: names of the network's bands, in order.
    ///   - named: sources of single bands.
    /// - Returns: what was changed, for the manifest; nil where nothing was.
    /// - Throws: `FloeError` of kind `usage` where encoder and network do not fit.
    public func start(
        _ target: inout any SegmentationNetwork, bands: [String],
        rule: FirstConvolution.Rule = .cyclic, named: [String: FirstConvolution.Source] = [:]
    ) throws -> String? {
        var pretrained: [String: Tensor] = [:]
        for entry in network.stateEntries() { pretrained[entry.name] = entry.tensor }
        let entries = target.stateEntries()
        let prefix = "encoder/"
        guard let kernel = pretrained["conv1/weight"],
            let random = entries.first(where: { $0.name == prefix + "conv1/weight" })?.tensor,
            random.shape[0] == kernel.shape[0]
        else { throw mismatch }
        var notes: [String] = []
        let scaled = scaledToStandard(kernel)
        let (adapted, note) = try FirstConvolution.adapt(
            scaled ?? kernel, random: random, bands: bands, rule: rule, named: named)
        pretrained["conv1/weight"] = adapted
        if scaled != nil, rule != .random || !named.isEmpty {
            notes.append("first kernel times ImageNet's deviations, for normalised bands")
        }
        if let note { notes.append(note) }
        if network.configuration.graph.family == .preActivation {
            let count = bands.count
            pretrained["bn_data/running_mean"] = Tensor(zeros: [count])
            pretrained["bn_data/running_var"] = Tensor(repeating: 1, shape: [count])
            // The shift belongs to red, green and blue as they were.
            if note != nil || pretrained["bn_data/bias"]?.count != count {
                pretrained["bn_data/bias"] = Tensor(zeros: [count])
            }
            notes.append("norm of the input for normalised bands")
        }
        for entry in entries where entry.name.hasPrefix(prefix) {
            let name = String(entry.name.dropFirst(prefix.count))
            guard pretrained[name]?.shape == entry.tensor.shape else { throw mismatch }
        }
        // What the file lacked is the network's own, so that members do not share what is random.
        for name in manifest.missing { pretrained[name] = nil }
        target.replaceState { entry in
            entry.name.hasPrefix(prefix)
                ? pretrained[String(entry.name.dropFirst(prefix.count))] : nil
        }
        return notes.isEmpty ? nil : notes.joined(separator: "; ")
    }

    private var mismatch: FloeError {
        FloeError(
            .usage, "encoder.weights and the model do not fit",
            expected: "a \(network.configuration.encoder.rawValue) of base width "
                + "\(network.configuration.baseWidth)")
    }

    /// The first kernel for bands of mean 0 and deviation 1; nil where it takes such bands already.
    private func scaledToStandard(_ kernel: Tensor) -> Tensor? {
        guard let input = manifest.input, network.configuration.graph.family == .postActivation
        else { return nil }
        let imageNet = InputConvention.imageNet
        // The deviation of each band as the encoder saw it.
        let factors = (0..<3).map {
            Float(imageNet.deviation[$0] / imageNet.scale * input.scale / input.deviation[$0])
        }
        guard factors.contains(where: { abs($0 - 1) > 1e-6 }) else { return nil }
        var result = kernel
        let taps = kernel.shape[2] * kernel.shape[3]
        result.withUnsafeMutableElements { values in
            for index in values.indices { values[index] *= factors[index / taps % 3] }
        }
        return result
    }
}
