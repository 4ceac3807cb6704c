import DurableFiles
import ModelZoo
import TensorCore
import Training
import TrainingTestSupport

@testable import Ensembling

/// Members that mostly agree: one network of random weights, its last layer scaled and shifted.
///
/// What it sees little of, such as a constant region, it is sure of; noise it is not.
enum VariedMembers {
    /// - Parameters:
    ///   - gain: what the last layer's weights are multiplied by; the more, the surer the members.
    ///   - spread: of the shifts of the logits, from member to member.
    static func save(
        _ folder: String, count: Int, classes: Int = 1, gain: Float = 1500, spread: Float = 2,
        _ change: (inout TestMembers.Plan) -> Void = { _ in }
    ) throws -> [String] {
        try DurableFile.createFolder(folder)
        let first = try EnsembleFiles.varied(folder) { plan in
            plan.classes = classes
            change(&plan)
        }
        return try (0..<count).map { member in
            try EnsembleFiles.rewritten(first, to: folder + "/v\(member)") { entry in
                switch entry.name {
                case "outc/conv/weight":
                    Tensor(entry.tensor.values.map { $0 * gain }, shape: entry.tensor.shape)
                case "outc/conv/bias":
                    Tensor(
                        entry.tensor.values.enumerated().map { k, bias in
                            bias * gain + spread * Float((member * 3 + k * 5) % 7 - 3) / 3
                        }, shape: entry.tensor.shape)
                default: nil
                }
            }
        }
    }
}
