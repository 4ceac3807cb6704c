import DurableFiles
import NeuralNetworks
import SegmentationData
import TensorCore
import Training

/// Images that something of an ensemble may be fitted on: its members were not trained on them.
struct FittingImages {
    let ensemble: OpenedEnsemble
    let dataset: SegmentationDataset
    let split: PostProcessingFit.Split

    /// The images and the members that speak of each.
    func voters(_ backend: any ComputeBackend) throws -> [OutOfBag.Voters] {
        switch split {
        case .outOfBag:
            let voters = try OutOfBag.voters(ensemble, dataset: dataset)
                .filter { !$0.members.isEmpty }
            guard !voters.isEmpty else {
                throw FloeError(
                    .badData, file: ensemble.path, "no image is out of any bag",
                    advice: "fit with --split validation")
            }
            return voters
        case .validation:
            let samples = try dataset.split().validation
            guard !samples.isEmpty else {
                throw FloeError(
                    .badData, file: dataset.description.root, "the split 'validation' is empty",
                    advice: "check data.split, or fit with --split out-of-bag")
            }
            try Comparer(ensemble, dataset: dataset, backend: backend)
                .refuseSeen(samples, "the validation images", as: .badData)
            let members = Array(ensemble.members.indices)
            return samples.map { OutOfBag.Voters(index: $0, members: members) }
        }
    }

    /// What predicts them.
    func evaluator(_ backend: any ComputeBackend) throws -> ImageEvaluator {
        try ImageEvaluator(
            ensemble, dataset: dataset,
            loss: Loss(ensemble.commonLoss, classes: ensemble.output.classes.map(\.name)),
            backend: backend)
    }

    /// Whether the images chose the epochs of some members.
    func choseEpochs() throws -> Bool {
        switch split {
        case .outOfBag: return ensemble.choseEpochsOutOfBag
        case .validation:
            let fingerprint = try dataset.fingerprint()
            return ensemble.members.contains { member in
                let manifest = member.manifest
                guard manifest.bag?.validatedHeldOut != true,
                    manifest.scores.validation?.isOptimistic == true,
                    manifest.data?.fingerprint.hex == fingerprint
                else { return false }
                // Where the recipe does not say how the data were divided, nothing speaks for images
                // that chose nothing.
                return member.split.map { $0 == dataset.description.split } ?? true
            }
        }
    }
}
