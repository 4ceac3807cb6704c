import DurableFiles
import NeuralNetworks
import TensorCore

/// Every weight of a network of Floe's own and its place in a foreign file, found by name.
public struct WeightMap: Sendable {
    /// One weight of Floe's own and where it comes from.
    public struct Leaf: Sendable {
        /// Such as `layer1/0/conv1/weight`.
        public var target: String
        public var shape: Shape
        /// Path in the file; nil where it is missing.
        public var source: String?
        public var sourceShape: Shape?
        /// What keeps it from being taken over; nil where nothing does.
        public var problem: String?
        fileprivate var dataset: Int?
    }

    /// In state order.
    public let leaves: [Leaf]
    /// Weights of the file that the network does not need.
    public let unused: [String]
    private let file: ForeignFile
    private let isKeras: Bool
    private let allowedMissing: [String]

    /// - Parameters:
    ///   - allowedMissing: targets, or what stands above them, that the file may lack.
    ///   - name: the file's name of a leaf.
    init(
        _ entries: [StateEntry], _ source: SourceWeights, in file: ForeignFile,
        allowedMissing: [String] = [], name: (StateEntry) -> String?
    ) {
        self.file = file
        self.allowedMissing = allowedMissing
        isKeras = source.container != .stateDictionary
        var used: Set<String> = []
        var leaves: [Leaf] = []
        for entry in entries {
            var leaf = Leaf(target: entry.name, shape: entry.tensor.shape)
            defer { leaves.append(leaf) }
            guard let name = name(entry), let weight = source[name] else { continue }
            used.insert(name)
            let listed = file.listing.datasets[weight.dataset]
            leaf.source = listed.name
            leaf.sourceShape = listed.extents.map { Shape($0) }
            leaf.dataset = weight.dataset
            let expected = isKeras ? leaf.shape.asInKeras : leaf.shape
            if let problem = listed.problem {
                leaf.problem = problem
            } else if leaf.sourceShape != expected {
                leaf.problem = "has another shape than \(expected)"
            }
        }
        self.leaves = leaves
        unused = source.weights.map(\.name).filter { !used.contains($0) }
    }

    /// Names that are missing, and are not allowed to be.
    public var missing: [String] {
        leaves.filter { $0.source == nil && !isAllowed($0) }.map(\.target)
    }

    /// Names that are missing with leave, and stay random.
    public var random: [String] {
        leaves.filter { $0.source == nil && isAllowed($0) }.map(\.target)
    }

    /// What is changed in taking any of them over: exact but for the rounding of float64.
    var rewrites: [String] {
        let types = Set(leaves.compactMap(\.dataset).map { file.listing.datasets[$0].type })
        return
            (isKeras ? ["kernels from [height, width, in, out] to [out, in, height, width]"] : [])
            + types.sorted().filter { $0 != "float32" }.map { "values from \($0) to float32" }
    }

    /// Throws unless every weight is there, once, in its shape, and readable.
    ///
    /// - Parameters:
    ///   - what: the network in words, for the error.
    ///   - foreign: unused names that are a sign of another network.
    func check(_ what: String, foreign: [String], advice: String) throws {
        let kinds = [
            ("missing", missing),
            (
                "not taken over",
                leaves.compactMap { leaf in
                    leaf.problem.map { "\(leaf.source ?? leaf.target) \($0)" }
                }
            ), ("that it does not have", foreign),
        ].filter { !$0.1.isEmpty }
        guard !kinds.isEmpty else { return }
        let parts = kinds.map { "\($0.1.count) \($0.0) (\(Listing.of($0.1)))" }
        throw FloeError(
            .badData, file: file.path,
            "not the weights of \(what): \(parts.joined(separator: ", "))", advice: advice)
    }

    /// The values in Floe's layout, by target.
    ///
    /// - Throws: `FloeError` of kind `badData` where a value is not finite.
    func load() throws -> [String: Tensor] {
        let present = leaves.filter { $0.dataset != nil }
        let tensors = try file.tensors(present.compactMap(\.dataset))
        let broken = zip(present, tensors).filter { !$1.isFinite }.map { $0.0.source ?? "" }
        guard broken.isEmpty else {
            throw FloeError(
                .badData, file: file.path, "values that are not finite in \(Listing.of(broken))")
        }
        var byName: [String: Tensor] = [:]
        for (leaf, tensor) in zip(present, tensors) {
            byName[leaf.target] = isKeras && tensor.shape.rank == 4 ? tensor.fromKeras() : tensor
        }
        return byName
    }

    private func isAllowed(_ leaf: Leaf) -> Bool {
        allowedMissing.contains { leaf.target == $0 || leaf.target.hasPrefix("\($0)/") }
    }
}

extension Shape {
    /// A kernel `[out, in, height, width]` as Keras stores it.
    fileprivate var asInKeras: Shape {
        rank == 4 ? [self[2], self[3], self[1], self[0]] : self
    }
}
