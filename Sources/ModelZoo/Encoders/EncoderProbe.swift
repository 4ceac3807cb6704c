import DurableFiles
import SegmentationModels
import TensorCore

/// Proves that a ported encoder still computes what it did when it was ported.
enum EncoderProbe {
    static let tolerance = 1e-4
    private static let side = 64

    /// - Parameter backend: one that uses direct convolution only.
    static func make(
        _ network: EncoderNetwork, convention: InputConvention?, seed: UInt64,
        backend: any ComputeBackend
    ) throws -> EncoderManifest.Probe {
        let shape: Shape = [1, network.configuration.bands, side, side]
        let maps = try features(network, convention, seed: seed, shape, backend)
        return EncoderManifest.Probe(
            seed: seed, input: shape.dimensions,
            stages: maps.enumerated().map { index, map in
                let summary = OutputSummary(map)
                return .init(
                    shape: map.shape.dimensions, mean: summary.mean, largest: summary.largest,
                    samples: summary.samples(seed: seed, stream: index + 1))
            }, tolerance: tolerance)
    }

    /// Throws where the encoder computes something else than what the probe says.
    static func check(
        _ network: EncoderNetwork, against manifest: EncoderManifest, backend: any ComputeBackend
    ) throws {
        let probe = manifest.probe
        let maps = try features(
            network, manifest.input, seed: probe.seed, Shape(probe.input), backend)
        for (index, (map, stage)) in zip(maps, probe.stages).enumerated() {
            let found =
                map.shape.dimensions == stage.shape
                ? OutputSummary(map).difference(
                    mean: stage.mean, largest: stage.largest, samples: stage.samples,
                    tolerance: probe.tolerance)
                : (what: "shape", expected: "\(stage.shape)", got: "\(map.shape)")
            if let found {
                throw FloeError(
                    .badData, "the probe fails at f\(index + 1): \(found.what)",
                    expected: found.expected, got: found.got,
                    advice: "import the encoder again; if it fails again, report it with the "
                        + "output of `floe doctor`")
            }
        }
    }

    private static func features(
        _ network: EncoderNetwork, _ convention: InputConvention?, seed: UInt64, _ shape: Shape,
        _ backend: any ComputeBackend
    ) throws -> [Tensor] {
        var stream = RandomStream(seed: seed, purpose: .selfTest)
        let pixels = shape[2] * shape[3]
        let values = (0..<shape.count).map { index -> Float in
            guard let convention else { return Float(stream.uniform(-2, 2)) }
            let band = index / pixels % shape[1]
            let stored = stream.uniform(0, 255) * convention.scale
            return Float((stored - convention.mean[band]) / convention.deviation[band])
        }
        let maps = ComputeThread.shared.run {
            network.features(Tensor(values, shape: shape), backend: backend)
        }
        guard maps.allSatisfy(\.isFinite) else {
            throw FloeError(
                .badData, "the encoder's feature maps are not finite",
                advice: "the weights are damaged")
        }
        return maps
    }
}
