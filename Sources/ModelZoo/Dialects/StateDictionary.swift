import DurableFiles
import HDF5Files

/// A PyTorch state dictionary in HDF5: one dataset per key, its dots kept or turned into groups.
enum StateDictionary {
    static func weights(_ listing: ForeignListing) throws -> SourceWeights {
        try SourceWeights(
            .stateDictionary,
            evidence: ["\(listing.datasets.count) datasets, none of Keras' marks"],
            weights: listing.datasets.enumerated().map { place, dataset in
                .init(
                    name: dataset.name.split(separator: "/").joined(separator: "."),
                    dataset: place, extents: dataset.extents ?? [])
            })
    }
}

extension SourceWeights {
    /// What stands before every one of these names, such as `module.encoder.`.
    ///
    /// - Returns: nil where there is none.
    /// - Throws: `FloeError` where there are several, since nobody could tell which is meant.
    func prefix(of names: [String]) throws -> String? {
        guard let first = names.first else { return nil }
        let found = weights.compactMap { weight -> String? in
            guard weight.name.hasSuffix(first) else { return nil }
            let prefix = String(weight.name.dropLast(first.count))
            guard prefix.isEmpty || prefix.hasSuffix("."),
                names.allSatisfy({ has(prefix + $0) })
            else { return nil }
            return prefix
        }
        guard found.count <= 1 else {
            throw FloeError(
                .badData, "several networks in one file",
                expected: "one prefix before '\(first)'",
                got: found.map { "'\($0)'" }.joined(separator: ", "))
        }
        return found.first
    }
}
