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

    /// Refuses samples that members are known to have been trained on.
    ///
    /// - Parameter images: what the samples are, for the message.
    func refuseSeen(_ samples: [Int], _ images: String, as kind: FloeError.Kind) throws {
        guard let seen = try countSeen(samples), seen > 0 else { return }
        throw FloeError(
            kind, file: ensemble.path, "members were trained on \(seen) of \(images)",
            expected: "images that they have not seen",
            advice: "name the recipe that the members were trained with --data")
    }

    /// Whether the data set is divided as it was for all members.
    private var sharesSplit: Bool {
        ensemble.members.allSatisfy { $0.split == dataset.description.split }
    }

    /// Samples that something of the ensemble was fitted on, and what; nil where nothing was fitted,
    /// or all on other data.
    func countFitted(_ samples: [Int]) throws -> (images: Int, parts: [String])? {
        var fitted: Set<Int>?
        var parts: [String] = []
        for fit in ensemble.manifest.fitted {
            guard let own = try fit.samples(of: dataset) else { continue }
            fitted = (fitted ?? []).union(own)
            if !parts.contains(fit.words), samples.contains(where: own.contains) {
                parts.append(fit.words)
            }
        }
        return fitted.map { fitted in (samples.count { fitted.contains($0) }, parts) }
    }
}
