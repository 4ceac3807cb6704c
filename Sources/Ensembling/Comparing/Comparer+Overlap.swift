import DurableFiles
import ModelZoo
import SegmentationData
import Training

/// Images that were seen before: scores on them are too good.
extension Comparer {
    /// Samples that a member was trained on, as far as the members' bags tell and the data are the
    /// same.
    func countSeen(_ samples: [Int]) throws -> Int? {
        var drawn: Set<String> = []
        var isKnown = true
        for member in ensemble.members {
            guard member.manifest.data?.fingerprint.hex == (try dataset.fingerprint()),
                let bag = member.manifest.bag, bag.unit == dataset.description.group.unit,
                let ids = try MemberStore.bagIDs(of: member.manifest, at: member.path)
            else {
                isKnown = false
                continue
            }
            drawn.formUnion(ids)
        }
        // A split by region divides a photo: its group was drawn, and only its training patches seen.
        let train = try sharesSplit ? Set(dataset.split().train) : Set(samples)
        let seen = samples.count { train.contains($0) && drawn.contains(dataset.group(at: $0)) }
        return seen > 0 || isKnown ? seen : nil
    }

    /// Whether the data set is divided as it was for all members.
    private var sharesSplit: Bool {
        ensemble.members.allSatisfy { $0.split == dataset.description.split }
    }

    /// Samples that the ensemble's post-processing was fitted on; nil where it was not fitted, or on
    /// other data.
    func countFitted(_ samples: [Int]) throws -> Int? {
        guard let fit = ensemble.manifest.postprocessing?.fit else { return nil }
        // Manifests of earlier versions know the data by name only.
        let isSame =
            try fit.fingerprint.map { $0.hex == (try dataset.fingerprint()) }
            ?? (fit.data == (dataset.description.name ?? dataset.description.root))
        guard isSame else { return nil }
        let split = try dataset.split()
        let fitted = Set(fit.split == .validation ? split.validation : split.train)
        return samples.count { fitted.contains($0) }
    }
}
