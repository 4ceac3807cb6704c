import DurableFiles
import Foundation
import NeuralNetworks
import SegmentationModels
import TensorCore

/// Proves that a network still computes what it did when it was stored.
///
/// A small seeded input goes through the network by direct convolution; the manifest keeps shape,
/// mean, largest absolute value and 64 values of the logits, and a digest for the machine that made
/// them.
public enum SelfTest {
    static let tolerance = 1e-4
    /// Height and width of the input before it is rounded up to what the network takes.
    static let size = 64

    /// Runs the network and records what it computes.
    ///
    /// - Parameter backend: one that uses direct convolution only.
    /// - Throws: `FloeError` of kind `numeric` where an output is not finite.
    public static func make(
        _ network: any SegmentationNetwork, seed: UInt64, backend: any ComputeBackend
    ) throws -> MemberManifest.SelfTestRecord {
        let multiple = network.configuration.inputMultiple
        let side = (size + multiple - 1) / multiple * multiple
        let shape = Shape([1, network.configuration.bands, side, side])
        let (output, presence) = try outputs(network, seed: seed, input: shape, backend: backend)
        let summary = OutputSummary(output)
        return MemberManifest.SelfTestRecord(
            seed: seed, input: shape.dimensions, output: output.shape.dimensions,
            mean: summary.mean, largest: summary.largest,
            samples: summary.samples(seed: seed), presence: presence?.values,
            tolerance: tolerance,
            digest: MemberManifest.SelfTestRecord.Digest(
                sha256: summary.digest, environment: try .current(backend)))
    }

    /// Throws where the network computes something else than what the record says.
    ///
    /// - Parameter software: what wrote the record.
    public static func check(
        _ network: any SegmentationNetwork, against record: MemberManifest.SelfTestRecord,
        software: String, backend: any ComputeBackend
    ) throws {
        let (output, presence) = try outputs(
            network, seed: record.seed, input: Shape(record.input), backend: backend)
        guard output.shape.dimensions == record.output else {
            throw failure(
                "shape of the output", expected: "\(record.output)",
                got: "\(output.shape.dimensions)")
        }
        let summary = OutputSummary(output)
        if let difference = summary.difference(
            mean: record.mean, largest: record.largest, samples: record.samples,
            tolerance: record.tolerance)
        {
            throw failure(difference.what, expected: difference.expected, got: difference.got)
        }
        try check(presence?.values ?? [], against: record)
        // Another release may add in another order, within the tolerance.
        if let digest = record.digest, software == Software.nameAndVersion,
            digest.environment == (try .current(backend)),
            digest.sha256 != summary.digest
        {
            throw failure(
                "digest of the output on the same kind of machine", expected: "\(digest.sha256)",
                got: "\(summary.digest)")
        }
    }

    /// The image head's logits, which are few: each is held to the largest of them, or to 1.
    private static func check(
        _ presence: [Float], against record: MemberManifest.SelfTestRecord
    ) throws {
        let expected = record.presence ?? []
        guard presence.count == expected.count else {
            throw failure(
                "number of the image head's logits", expected: "\(expected.count)",
                got: "\(presence.count)")
        }
        let allowed = Float(record.tolerance) * expected.reduce(1) { max($0, abs($1)) }
        for (index, (expected, got)) in zip(expected, presence).enumerated()
        where !(abs(expected - got) <= allowed) {
            throw failure(
                "value \(index) of the image head", expected: "\(expected) within \(allowed)",
                got: "\(got)")
        }
    }

    private static func failure(_ what: String, expected: String, got: String) -> FloeError {
        FloeError(
            .badData, "the self-test fails: \(what)", expected: expected, got: got,
            advice: "report it with the output of `floe doctor`")
    }

    /// Plain logits, and those of the image head.
    private static func outputs(
        _ network: any SegmentationNetwork, seed: UInt64, input shape: Shape,
        backend: any ComputeBackend
    ) throws -> (logits: Tensor, presence: Tensor?) {
        var stream = RandomStream(seed: seed, purpose: .selfTest)
        let values = (0..<shape.count).map { _ in Float(stream.uniform(-2, 2)) }
        let output = ComputeThread.shared.run {
            network.predict(Tensor(values, shape: shape), backend: backend)
        }
        guard output.logits.isFinite, output.presence?.isFinite ?? true else {
            throw FloeError(
                .numeric, "the network's output is not finite", advice: "train this member again")
        }
        return output
    }
}
