import CHDF5
import DurableFiles
import Foundation

/// Takes a foreign file apart; runs in `floe-reader`, which may die of it.
package enum ForeignParser {
    /// Lists of layers and weights that Keras writes; long ones are cut into numbered pieces.
    private static let lists = ["layer_names", "weight_names"]
    /// Single texts: who wrote a file, and a layer's own name.
    private static let texts = ["backend", "keras_version", "name"]

    /// What the file holds.
    ///
    /// - Parameter withDigests: reads every dataset that can be read, for the digest of its values.
    /// - Throws: `FloeError` where the file as a whole is not to be trusted: links to elsewhere,
    ///   cycles, names and numbers beyond every limit, or bytes that are no HDF5 file.
    package static func list(_ data: Data, withDigests: Bool) throws -> ForeignListing {
        try HDF5Library.shared.run {
            try HDF5Image.open(data) { file in
                let (found, paths) = try HDF5Image.contents(of: file)
                return ForeignListing(
                    sha256: SHA256Digest.of(data), bytes: data.count,
                    datasets: try found.map {
                        try dataset(
                            $0.name, in: file, fileBytes: data.count, withDigest: withDigests)
                    },
                    groups: try paths.sorted().compactMap { try group($0, in: file) })
            }
        }
    }

    /// Values of some datasets as float32, one after the other.
    ///
    /// - Parameters:
    ///   - indices: places in the listing of the same bytes.
    ///   - body: called with each dataset's values in turn.
    package static func read(
        _ data: Data, indices: [Int], _ body: (UnsafeBufferPointer<Float>) throws -> Void
    ) throws {
        try HDF5Library.shared.run {
            try HDF5Image.open(data) { file in
                let found = try HDF5Image.datasets(in: file)
                for index in indices {
                    guard found.indices.contains(index) else {
                        throw FloeError(.badData, "there is no dataset \(index)")
                    }
                    try withValues(of: found[index].name, in: file, fileBytes: data.count, body)
                }
            }
        }
    }

    private static func dataset(
        _ name: String, in file: hid_t, fileBytes: Int, withDigest: Bool
    ) throws -> ForeignListing.Dataset {
        let dataset = try HDF5Dataset(name, in: file, origin: .foreign)
        let (type, typeProblem) = try dataset.elementType()
        var result = ForeignListing.Dataset(name: name, extents: dataset.extents, type: type)
        if let typeProblem {
            result.problem = "is \(typeProblem), not floating point"
        } else {
            do {
                try dataset.checkStorage(fileBytes: fileBytes)
            } catch let refusal as HDF5Dataset.Refusal {
                result.problem = refusal.reason
            }
        }
        if withDigest, result.problem == nil {
            try withValues(of: name, in: file, fileBytes: fileBytes) { values in
                result.digest = SHA256Digest.of(UnsafeRawBufferPointer(values))
            }
        }
        return result
    }

    private static func withValues(
        of name: String, in file: hid_t, fileBytes: Int,
        _ body: (UnsafeBufferPointer<Float>) throws -> Void
    ) throws {
        let dataset = try HDF5Dataset(name, in: file, origin: .foreign)
        if let problem = try dataset.elementType().problem {
            throw FloeError(.badData, "/\(name) is \(problem), not floating point")
        }
        do {
            try dataset.checkStorage(fileBytes: fileBytes)
        } catch let refusal as HDF5Dataset.Refusal {
            throw FloeError(.badData, "/\(name) \(refusal.reason)")
        }
        let count = dataset.extents?.reduce(1, *) ?? 0
        guard count <= max(128 << 20, 4 * fileBytes) else {
            throw FloeError(.badData, "/\(name) is much larger than the file")
        }
        let values = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(1, count))
        defer { values.deallocate() }
        guard let target = values.baseAddress else { return }
        try dataset.read(into: target)
        try body(UnsafeBufferPointer(start: target, count: count))
    }

    private static func group(_ path: String, in file: hid_t) throws -> ForeignListing.Group? {
        let group = try HDF5Handle(
            H5Gopen2(file, "/\(path)", floe_h5_default()), "open /\(path)")
        var attributes: [String: [String]] = [:]
        for name in lists { attributes[name] = try HDF5Attribute.list(name, of: group.id) }
        for name in texts { attributes[name] = try HDF5Attribute.strings(name, of: group.id) }
        return attributes.isEmpty ? nil : ForeignListing.Group(name: path, attributes: attributes)
    }
}
