import DurableFiles
import HDF5Files

/// Keras' older HDF5: a group for every layer, lists of names as attributes.
enum KerasLegacy {
    /// Nil where the file is not of this kind.
    static func weights(_ listing: ForeignListing) throws -> SourceWeights? {
        let groups = Dictionary(
            listing.groups.map { ($0.name, $0.attributes) }, uniquingKeysWith: { first, _ in first }
        )
        // A whole model keeps its weights in a group of their own.
        let bases = ["", "model_weights"]
        guard let base = bases.first(where: { groups[$0]?["layer_names"] != nil }),
            let layers = groups[base]?["layer_names"]
        else { return nil }
        let places = Dictionary(
            listing.datasets.enumerated().map { ($1.name, $0) },
            uniquingKeysWith: { first, _ in first })
        var weights: [SourceWeights.Weight] = []
        for layer in layers {
            let group = base.isEmpty ? layer : "\(base)/\(layer)"
            let names = (groups[group]?["weight_names"] ?? []).map(Name.init)
            // A model within the model: the group is its name, the layers are in the weights' names.
            let isNested = Set(names.compactMap(\.layer)).count > 1
            for name in names {
                guard let place = places["\(group)/\(name.path)"] else {
                    throw FloeError(
                        .badData, "/\(group) names a weight that is not there",
                        expected: "a dataset", got: "no '\(name.path)'")
                }
                let owner = isNested ? name.layer ?? layer : layer
                weights.append(
                    .init(
                        name: "\(owner)/\(name.role(in: layer))", dataset: place,
                        extents: listing.datasets[place].extents ?? []))
            }
        }
        let version = groups[base]?["keras_version"]?.first ?? groups[""]?["keras_version"]?.first
        let backend = groups[base]?["backend"]?.first ?? groups[""]?["backend"]?.first
        if backend == "theano" {
            throw FloeError(
                .badData, "written by Keras on Theano, whose kernels are turned around",
                advice: "load it in Keras on TensorFlow and save it again")
        }
        return try SourceWeights(
            .kerasLegacy,
            evidence: [
                (base.isEmpty ? "attribute layer_names" : "attribute layer_names of /\(base)")
                    + " with \(layers.count) layers, keras_version \(version ?? "none")"
            ], weights: weights)
    }

    /// One entry of `weight_names`.
    private struct Name {
        let path: String
        private let components: [Substring]

        init(_ path: String) {
            self.path = path
            components = path.split(separator: "/")
        }

        /// The component before the last.
        var layer: String? {
            components.count > 1 ? String(components[components.count - 2]) : nil
        }

        /// `kernel`, `bias`, `gamma`, `beta`, `moving_mean` or `moving_variance`; others as written.
        func role(in layer: String) -> String {
            var last = String(components.last ?? "")
            if let colon = last.lastIndex(of: ":") { last = String(last[..<colon]) }
            // Keras 1: the layer's name, the weight's name, perhaps a number.
            if last.hasPrefix("\(layer)_") {
                last = String(last.dropFirst(layer.count + 1))
                while let end = last.lastIndex(of: "_"), end < last.index(before: last.endIndex),
                    last[last.index(after: end)...].allSatisfy(\.isNumber)
                {
                    last = String(last[..<end])
                }
                // Its `running_std` holds the variance.
                let newer = [
                    "W": "kernel", "b": "bias", "running_mean": "moving_mean",
                    "running_std": "moving_variance",
                ]
                last = newer[last] ?? last
            }
            return last
        }
    }
}
