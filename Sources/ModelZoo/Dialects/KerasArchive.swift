import DurableFiles
import HDF5Files

/// Keras' newer `.weights.h5`: numbered variables in a group for every layer, which is named after its
/// class; what the user called it stands in an attribute since Keras 3.7.
enum KerasArchive {
    private static let roots = ["layers", "_layer_checkpoint_dependencies"]

    /// Nil where the file is not of this kind.
    static func weights(_ listing: ForeignListing) throws -> SourceWeights? {
        var layers: [String: Layer] = [:]
        for (place, dataset) in listing.datasets.enumerated() {
            let parts = dataset.name.split(separator: "/").map(String.init)
            guard let root = parts.first, roots.contains(root), parts.count >= 4,
                parts[parts.count - 2] == "vars", let number = Int(parts[parts.count - 1])
            else { continue }
            let folder = parts.dropLast(2)
            let path = folder.joined(separator: "/")
            layers[path, default: Layer(path: path, folder: Array(folder))].variables[number] =
                place
        }
        guard !layers.isEmpty else { return nil }
        let names = Dictionary(
            listing.groups.compactMap { group in
                group.attributes["name"]?.first.map { (group.name, $0) }
            }, uniquingKeysWith: { first, _ in first })
        let sorted = layers.values.sorted()
        let own = sorted.map { names["\($0.path)/vars"] }
        let isUnnamed = own.contains(nil)
        var ranks: [String: Int] = [:]
        var weights: [SourceWeights.Weight] = []
        for (layer, name) in zip(sorted, own) {
            let rank = ranks[layer.kind, default: 0]
            ranks[layer.kind] = rank + 1
            // Numbers may have gaps (Keras 2.12 and 2.13), so that the rank counts.
            let owner = isUnnamed ? "\(layer.kind)#\(rank)" : name ?? ""
            for (role, number) in layer.roles {
                guard let place = layer.variables[number] else {
                    throw FloeError(
                        .badData, "/\(layer.path)/vars has no variable \(number)",
                        expected: "\(layer.variables.count) in a row")
                }
                weights.append(
                    .init(
                        name: "\(owner)/\(role)", dataset: place,
                        extents: listing.datasets[place].extents ?? []))
            }
        }
        return try SourceWeights(
            .kerasArchive,
            evidence: [
                "\(sorted.count) groups …/vars below /\(sorted[0].folder[0])",
                isUnnamed
                    ? "no layer names: taken by rank" : "layer names in the attribute 'name'",
            ], weights: weights, isUnnamed: isUnnamed)
    }

    private struct Layer: Comparable {
        let path: String
        let folder: [String]
        var variables: [Int: Int] = [:]

        /// Its class in Keras' spelling, without the counter.
        var kind: String { Self.split(folder[folder.count - 1]).kind }

        /// What each variable is.
        var roles: [(String, Int)] {
            let names: [String] =
                switch (kind, variables.count) {
                case ("batch_normalization", 4):
                    ["gamma", "beta", "moving_mean", "moving_variance"]
                // Without scale.
                case ("batch_normalization", 3): ["beta", "moving_mean", "moving_variance"]
                case (_, 1...2) where kind != "batch_normalization": ["kernel", "bias"]
                default: (0..<variables.count).map { "variable \($0)" }
                }
            return names.prefix(variables.count).enumerated().map { ($1, $0) }
        }

        /// By folder, class and number, not by the digits' letters.
        static func < (a: Layer, b: Layer) -> Bool {
            for (x, y) in zip(a.folder, b.folder) where x != y {
                let (p, q) = (split(x), split(y))
                return p.kind == q.kind ? p.number < q.number : p.kind < q.kind
            }
            return a.folder.count < b.folder.count
        }

        static func == (a: Layer, b: Layer) -> Bool { a.path == b.path }

        private static func split(_ name: String) -> (kind: String, number: Int) {
            guard let end = name.lastIndex(of: "_"),
                let number = Int(name[name.index(after: end)...])
            else { return (name, 0) }
            return (String(name[..<end]), number)
        }
    }
}
