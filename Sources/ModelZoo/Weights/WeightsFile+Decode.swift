import CHDF5
import DurableFiles
import Foundation
import HDF5Files
import NeuralNetworks
import TensorCore

extension WeightsFile {
    /// The tensors of a network's state, by state name; strict and whole.
    ///
    /// The digest is checked before libhdf5 sees a byte, and the file is read from the bytes that
    /// were hashed. Missing, unused, wrongly shaped, wrongly typed and non-finite tensors are
    /// collected and thrown once.
    ///
    /// - Parameters:
    ///   - entries: the state that the file must hold; only names and shapes are used.
    ///   - file: what errors call it.
    /// - Throws: `FloeError` of kind `badData`, or `numeric` where values that are not finite are
    ///   all that is wrong.
    public static func decode(
        _ data: Data, expecting entries: [StateEntry], file: String, sha256: SHA256Digest
    ) throws -> [String: Tensor] {
        try check(data, sha256: sha256, file: file)
        let shapes = Dictionary(
            entries.map { ($0.name, $0.tensor.shape) }, uniquingKeysWith: { first, _ in first })
        return try naming(file) {
            try HDF5Library.shared.run {
                try HDF5Image.open(data) { id in
                    try read(id, fileBytes: data.count, shapes: shapes, order: entries.map(\.name))
                }
            }
        }
    }

    /// Every tensor of a file in the order in which they were written.
    ///
    /// - Parameters:
    ///   - file: what errors call it.
    ///   - sha256: checked first where it is given.
    ///   - limit: bytes that all tensors together may take.
    public static func decodeAll(
        _ data: Data, file: String, sha256: SHA256Digest? = nil, limit: Int = 8 << 30
    ) throws -> [NamedTensor] {
        if let sha256 { try check(data, sha256: sha256, file: file) }
        return try naming(file) {
            try HDF5Library.shared.run {
                try HDF5Image.open(data) { id in
                    try readAll(id, fileBytes: data.count, limit: limit)
                }
            }
        }
    }

    private static func check(_ data: Data, sha256: SHA256Digest, file: String) throws {
        let got = SHA256Digest.of(data)
        guard got == sha256 else {
            throw FloeError(
                .badData, file: file, "the file is damaged or was changed",
                expected: "SHA-256 \(sha256)", got: "\(got)",
                advice: "copy it again, or remove the member's folder and train it again")
        }
    }

    private static func naming<Success>(
        _ file: String, _ body: () throws -> Success
    ) throws -> Success {
        do { return try body() } catch let error as FloeError { throw error.naming(file) }
    }

    private static func read(
        _ file: hid_t, fileBytes: Int, shapes: [String: Shape], order: [String]
    ) throws -> [String: Tensor] {
        var tensors: [String: Tensor] = [:]
        var problems = WeightsProblems()
        for found in try HDF5Image.datasets(in: file) {
            guard let expected = shapes[found.name] else {
                problems.unused.append(found.name)
                continue
            }
            let dataset = try HDF5Dataset(found.name, in: file, origin: .own)
            if let type = try dataset.elementType().problem {
                problems.typed.append("\(found.name): expected float32, got \(type)")
                problems.seen.insert(found.name)
            } else if dataset.shape != expected {
                let got = dataset.shape.map { "\($0)" } ?? "no tensor"
                problems.shaped.append("\(found.name): expected \(expected), got \(got)")
                problems.seen.insert(found.name)
            } else {
                do {
                    let tensor = try dataset.tensor(expected, fileBytes: fileBytes)
                    if !tensor.isFinite { problems.infinite.append(found.name) }
                    tensors[found.name] = tensor
                } catch let refusal as HDF5Dataset.Refusal {
                    problems.stored.append("\(found.name) \(refusal.reason)")
                    problems.seen.insert(found.name)
                }
            }
        }
        problems.missing = order.filter { tensors[$0] == nil && !problems.seen.contains($0) }
        try problems.throwAny()
        return tensors
    }

    private static func readAll(
        _ file: hid_t, fileBytes: Int, limit: Int
    ) throws -> [NamedTensor] {
        var tensors: [NamedTensor] = []
        var problems = WeightsProblems()
        var budget = limit
        for found in try HDF5Image.datasets(in: file) {
            let dataset = try HDF5Dataset(found.name, in: file, origin: .own)
            if let type = try dataset.elementType().problem {
                problems.typed.append("\(found.name): expected float32, got \(type)")
                continue
            }
            guard let shape = dataset.shape else {
                problems.shaped.append("\(found.name): no tensor")
                continue
            }
            guard shape.count * 4 <= budget else {
                throw FloeError(
                    .badData, "the tensors are too large",
                    expected: "no more than \(limit) bytes together")
            }
            budget -= shape.count * 4
            do {
                let tensor = try dataset.tensor(shape, fileBytes: fileBytes)
                if !tensor.isFinite { problems.infinite.append(found.name) }
                tensors.append(NamedTensor(found.name, tensor))
            } catch let refusal as HDF5Dataset.Refusal {
                problems.stored.append("\(found.name) \(refusal.reason)")
            }
        }
        try problems.throwAny()
        return tensors
    }
}

extension HDF5Dataset {
    /// Nil where the extents are not those of any tensor.
    fileprivate var shape: Shape? { extents.map { Shape($0) } }

    /// The values, read after everything that the file claims about their place has been checked.
    fileprivate func tensor(_ shape: Shape, fileBytes: Int) throws -> Tensor {
        try checkStorage(fileBytes: fileBytes)
        var tensor = Tensor(uninitialized: shape)
        try read(into: tensor.writePointer())
        return tensor
    }
}

/// What is wrong with a weights file, collected before anything is thrown.
private struct WeightsProblems {
    var missing: [String] = []
    var unused: [String] = []
    var shaped: [String] = []
    var typed: [String] = []
    var stored: [String] = []
    var infinite: [String] = []
    /// Tensors that are there and wrong, and so not missing.
    var seen: Set<String> = []

    func throwAny() throws {
        let kinds = [
            ("missing", missing), ("unused", unused), ("of the wrong shape", shaped),
            ("of the wrong type", typed), ("stored in a way that is refused", stored),
            ("with values that are not finite", infinite),
        ].filter { !$0.1.isEmpty }
        guard !kinds.isEmpty else { return }
        let parts = kinds.map { "\($0.1.count) \($0.0) (\(Listing.of($0.1)))" }
        let onlyInfinite = kinds.count == 1 && !infinite.isEmpty
        throw FloeError(
            onlyInfinite ? .numeric : .badData,
            "the tensors are not those of the network: \(parts.joined(separator: ", "))",
            advice: onlyInfinite
                ? "train this member again" : "use the weights that belong to this architecture")
    }
}
