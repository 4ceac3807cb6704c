import DurableFiles
import Foundation
import ModelZoo
import NeuralNetworks
import SegmentationData
import SegmentationModels
import TensorCore
import Testing
import Training
import TrainingTestSupport

@testable import Ensembling

/// Ensembles of members with known answers, as files that tests may then damage.
enum EnsembleFiles {
    /// Saves one member for each answer, as `m0`, `m1` and so on.
    ///
    /// - Parameter answers: the probabilities that a member gives everywhere: one for a sigmoid
    ///   class, or several that add up to 1.
    /// - Returns: the paths of the members' manifests.
    static func members(
        _ folder: String, _ answers: [[Float]],
        _ change: (inout TestMembers.Plan) -> Void = { _ in }
    ) throws -> [String] {
        try DurableFile.createFolder(folder)
        return try answers.enumerated().map { index, answer in
            try TestMembers.save(folder, name: "m\(index)") { plan in
                plan.classes = answer.count
                plan.logits = logits(answer)
                change(&plan)
            }
        }
    }

    /// What a network must say for these probabilities to come out.
    static func logits(_ answer: [Float]) -> [Float] {
        answer.count == 1
            ? [Float(log(Double(answer[0]) / (1 - Double(answer[0]))))]
            : answer.map { Float(log(Double($0))) }
    }

    /// Writes an ensemble manifest over members that lie under its folder, digests included.
    static func write(
        _ folder: String, _ members: [String], name: String = "e.json",
        weights: [EnsembleManifest.Weight] = [], method: Combiner.Method = .softVoting,
        _ change: (inout EnsembleManifest) -> Void = { _ in }
    ) throws -> String {
        var manifest = EnsembleManifest(
            format: EnsembleManifest.currentFormat,
            members: try members.enumerated().map { index, file in
                EnsembleManifest.Member(
                    path: String(file.dropFirst(folder.count + 1)),
                    sha256: try SHA256Digest.ofFile(at: file),
                    weight: weights.indices.contains(index) ? weights[index] : nil)
            },
            combine: .init(method: method))
        change(&manifest)
        let path = folder + "/" + name
        try BoundedJSON.write(manifest, to: path)
        return path
    }

    /// Members and an ensemble over them, opened.
    static func opened(
        _ folder: String, _ answers: [[Float]], weights: [EnsembleManifest.Weight] = [],
        method: Combiner.Method = .softVoting,
        _ change: (inout EnsembleManifest) -> Void = { _ in }
    ) throws -> OpenedEnsemble {
        try EnsembleStore.open(
            write(folder, members(folder, answers), weights: weights, method: method, change))
    }

    /// Rewrites a member's manifest; ensembles written before no longer have its digest.
    static func edit(_ member: String, _ change: (inout MemberManifest) -> Void) throws {
        var manifest = try MemberStore.openManifest(member)
        change(&manifest)
        try BoundedJSON.write(manifest, to: member)
    }

    /// Classes that overlap: a member of several sigmoid classes, which no plan makes.
    static func makeSigmoid(_ member: String) throws {
        try edit(member) { manifest in
            manifest.output.activation = .sigmoid
            manifest.output.threshold = 0.5
        }
    }

    /// A member of random weights whose decision differs from pixel to pixel: the mean of every
    /// logit over some noise is 0.
    static func varied(
        _ folder: String, name: String = "varied",
        _ change: (inout TestMembers.Plan) -> Void
    ) throws -> String {
        let raw = try TestMembers.save(folder, name: name + "-raw", change)
        let (manifest, network) = try MemberStore.load(raw)
        let image = noise(bands: manifest.input.bands.count, height: 32, width: 32)
        let tensor = Tensor(
            image.values.map { ($0 - 100) / 40 }, shape: [1, image.bands, 32, 32])
        let backend = TestMembers.exact()
        let logits = ComputeThread.shared.run {
            network.predictLogits(tensor, backend: backend).converted(to: .plain).values
        }
        return try rewritten(raw, to: folder + "/" + name) { entry in
            guard entry.name == "outc/conv/bias" else { return nil }
            let shifted = entry.tensor.values.enumerated().map { k, bias in
                bias - logits[k * 1024..<(k + 1) * 1024].reduce(0, +) / 1024
            }
            return Tensor(shifted, shape: entry.tensor.shape)
        }
    }

    /// Saves a member again with some of its tensors replaced.
    static func rewritten(
        _ member: String, to folder: String, _ change: (StateEntry) -> Tensor?
    ) throws -> String {
        let loaded = try MemberStore.load(member)
        var network = loaded.network
        network.replaceState(change)
        try MemberStore.save(
            network, draft: MemberDraft(loaded.manifest), to: folder,
            exactBackend: TestMembers.exact())
        return folder + "/" + MemberStore.manifestName
    }

    static func weightsFile(_ member: String) -> String {
        URL(fileURLWithPath: member).deletingLastPathComponent().path + "/"
            + MemberStore.weightsName
    }

    /// Turns one bit in the middle of a file.
    static func damage(_ path: String) throws {
        var data = try bytes(path)
        data[data.count / 2] ^= 1
        try data.write(to: URL(fileURLWithPath: path))
    }

    static func bytes(_ path: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: path))
    }

    static func text(_ path: String) throws -> String {
        try #require(String(validating: bytes(path), as: UTF8.self))
    }

    static func put(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    /// Replaces one piece of a text file, which must be there.
    static func replace(_ old: String, _ new: String, in path: String) throws {
        let before = try text(path)
        let place = try #require(before.range(of: old), "'\(old)' is not in \(before)")
        try put(before.replacingCharacters(in: place, with: new), path)
    }

    static func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// All that lies in a folder, files on their way included.
    static func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    static func noise(bands: Int = 1, height: Int, width: Int) -> BandImage {
        var stream = RandomStream(seed: 3, purpose: .test, sample: height * 1000 + width)
        return BandImage(
            bands: bands, height: height, width: width,
            values: (0..<bands * height * width).map { _ in Float(stream.index(below: 256)) })
    }

    /// Fails unless all values are this one, within single precision.
    static func expect(
        _ values: ArraySlice<Float>, all expected: Float,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let worst = values.map { abs($0 - expected) }.max() ?? .infinity
        #expect(
            worst < 1e-6, "\(values.first ?? .nan) for \(expected)", sourceLocation: location)
    }
}
