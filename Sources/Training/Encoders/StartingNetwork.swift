import DurableFiles
import ModelZoo
import SegmentationModels
import TensorCore

/// What a member's training begins with: random weights, or those of a ported encoder.
struct StartingNetwork {
    let network: any SegmentationNetwork
    /// The encoder, where there is one, as the member's manifest names it.
    let lineage: [MemberManifest.Parent]

    /// - Parameters:
    ///   - bands: names of the data's bands, in order.
    ///   - sha256: the digest of the encoder's weights when the run was started.
    init(
        _ recipe: Recipe, _ configuration: ModelConfiguration, bands: [String], member: Int,
        expecting sha256: SHA256Digest? = nil
    ) throws {
        var network: any SegmentationNetwork
        do {
            network = try ModelFactory.make(
                configuration, seed: recipe.training.seed, member: member)
        } catch {
            throw FloeError(.usage, file: recipe.data.root, "model: \(error)")
        }
        guard let path = recipe.encoder.weights else {
            self.network = network
            lineage = []
            return
        }
        let encoder = try PretrainedEncoder(path, expecting: sha256)
        let adaptation: String?
        do {
            adaptation = try encoder.start(
                &network, bands: bands, rule: recipe.encoder.firstConvolution,
                named: recipe.encoder.bands)
        } catch let error as FloeError {
            throw error.naming(path)
        }
        self.network = network
        lineage = [
            .init(
                role: "encoder", name: Self.name(path), sha256: encoder.manifest.weights.sha256,
                adaptation: adaptation)
        ]
    }

    /// The folder's name, without where it lies on this machine.
    static func name(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
