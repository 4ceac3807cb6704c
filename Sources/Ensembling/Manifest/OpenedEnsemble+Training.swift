import DurableFiles
import SegmentationData

extension OpenedEnsemble {
    /// Whether a member chose its best epoch on images that its bag left out.
    var choseEpochsOutOfBag: Bool {
        members.contains { $0.manifest.bag?.validatedHeldOut == true }
    }
}

extension OpenedEnsemble.Member {
    /// How the data were divided for it, as its recipe says; nil where the manifest does not tell.
    var split: SplitDescription? {
        guard case .object(let recipe)? = manifest.training?.hyperparameters,
            case .object(let data)? = recipe["data"], let tree = data["split"]
        else { return nil }
        return try? BoundedJSON.decode(SplitDescription.self, from: tree, file: path)
    }
}
