import DurableFiles
import SegmentationData

extension EnsembleManifest {
    /// What of an ensemble's scores was fitted, and on what.
    struct Fitted {
        /// For a warning.
        var words: String
        var split: PostProcessingFit.Split
        var data: String
        var fingerprint: SHA256Digest?

        /// The samples of a data set that it was fitted on; nil for another data set.
        func samples(of dataset: SegmentationDataset) throws -> Set<Int>? {
            // Manifests of earlier versions know the data by name only.
            let isSame =
                try fingerprint.map { $0.hex == (try dataset.fingerprint()) }
                ?? (data == (dataset.description.name ?? dataset.description.root))
            guard isSame else { return nil }
            let plan = try dataset.split()
            return Set(split == .validation ? plan.validation : plan.train)
        }
    }

    /// All that was fitted, but for the order of the members, which changes no score.
    var fitted: [Fitted] {
        var result = (combine.fits ?? []).compactMap { fit -> Fitted? in
            let words: String
            switch fit.part {
            case .selection: words = "the choice of members"
            case .weights: words = "weights"
            case .temperature: words = "temperature"
            case .order: return nil
            }
            return Fitted(
                words: words, split: fit.split, data: fit.data, fingerprint: fit.fingerprint)
        }
        if let fit = postprocessing?.fit {
            result.append(
                Fitted(
                    words: "post-processing", split: fit.split, data: fit.data,
                    fingerprint: fit.fingerprint))
        }
        return result
    }
}
