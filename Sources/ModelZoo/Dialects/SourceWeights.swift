import DurableFiles
import HDF5Files

/// The weights of a foreign file under the names that its makers gave them, whatever the container.
///
/// Keras: `conv1_conv/kernel`, `conv1_bn/moving_mean`. PyTorch: `layer1.0.conv1.weight`.
struct SourceWeights: Sendable {
    /// How names and values are laid out in the file.
    enum Container: String, Sendable {
        case kerasLegacy = "Keras HDF5 (layer_names, weight_names)"
        case kerasArchive = "Keras .weights.h5 (layers/…/vars)"
        case stateDictionary = "PyTorch state dictionary"
    }

    /// One weight: where it lies in the listing.
    struct Weight: Sendable, Hashable {
        var name: String
        var dataset: Int
        var extents: [Int]
    }

    let container: Container
    /// What in the file says so.
    let evidence: [String]
    /// In the file's own order.
    let weights: [Weight]
    /// For a Keras archive that does not name its layers: true.
    let isUnnamed: Bool
    private let positions: [String: Int]

    init(
        _ container: Container, evidence: [String], weights: [Weight], isUnnamed: Bool = false
    ) throws {
        self.container = container
        self.evidence = evidence
        self.weights = weights
        self.isUnnamed = isUnnamed
        var positions: [String: Int] = [:]
        for (index, weight) in weights.enumerated() {
            guard positions.updateValue(index, forKey: weight.name) == nil else {
                throw FloeError(.badData, "two weights have the name '\(weight.name)'")
            }
        }
        self.positions = positions
    }

    subscript(name: String) -> Weight? { positions[name].map { weights[$0] } }

    func has(_ name: String) -> Bool { positions[name] != nil }

    /// What a listing holds.
    ///
    /// - Throws: `FloeError` of kind `badData` where it is no file of weights.
    init(_ listing: ForeignListing) throws {
        if let legacy = try KerasLegacy.weights(listing) {
            self = legacy
        } else if let archive = try KerasArchive.weights(listing) {
            self = archive
        } else {
            self = try StateDictionary.weights(listing)
        }
    }
}
