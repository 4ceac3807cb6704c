import DurableFiles
import Foundation
import SegmentationData

extension EnsembleManifest {
    /// What of an ensemble's scores was fitted, and on what.
    struct Fitted {
        /// For a warning.
        var words: String
        var split: PostProcessingFit.Split
        var data: String
        var fingerprint: SHA256Digest?
        var ids: SHA256Digest?

        /// The samples of a data set that it was fitted on; nil for another data set. All of them where
        /// the same data were divided in another way: which ones is not known then.
        func samples(of dataset: SegmentationDataset) throws -> Set<Int>? {
            // Manifests of earlier versions know the data by name only.
            let isSame =
                try fingerprint.map { $0.hex == (try dataset.fingerprint()) }
                ?? (data == (dataset.description.name ?? dataset.description.root))
            guard isSame else { return nil }
            let own = try split.samples(of: dataset)
            guard ids == nil || ids == dataset.idDigest(of: own) else {
                return Set(0..<dataset.count)
            }
            return Set(own)
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
                words: words, split: fit.split, data: fit.data, fingerprint: fit.fingerprint,
                ids: fit.ids)
        }
        if let fit = postprocessing?.fit {
            result.append(
                Fitted(
                    words: "post-processing", split: fit.split, data: fit.data,
                    fingerprint: fit.fingerprint, ids: fit.ids))
        }
        return result
    }
}

extension PostProcessingFit.Split {
    /// The samples of a data set that are fitted on, or drawn from.
    func samples(of dataset: SegmentationDataset) throws -> [Int] {
        let plan = try dataset.split()
        return self == .validation ? plan.validation : plan.train
    }
}

extension SegmentationDataset {
    /// Tells a part of the samples from another.
    func idDigest(of samples: [Int]) -> SHA256Digest {
        SHA256Digest.of(Data(samples.sorted().map { ids[$0] + "\n" }.joined().utf8))
    }
}
