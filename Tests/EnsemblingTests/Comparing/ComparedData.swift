import DurableFiles
import Foundation
import ModelZoo
import SegmentationData
import Testing
import Training
import TrainingTestSupport

@testable import Ensembling

/// Data sets of 4 x 4 pixels and members with known answers: scores can be reckoned by hand.
enum ComparedData {
    static let pixels = 16

    /// An image whose first `count` pixels are of the class.
    ///
    /// A model that says "present" everywhere has there Dice 2n / (n + 16) and IoU n / 16.
    static func mask(_ count: Int) -> [UInt8] {
        [UInt8](repeating: 1, count: count) + [UInt8](repeating: 0, count: pixels - count)
    }

    /// Writes images and masks and opens them; ids from `a` on train, `v` validate, `t` test.
    static func dataset(
        _ folder: String, _ masks: [String: [UInt8]], side: Int = 4,
        _ change: (inout DatasetDescription) -> Void = { _ in }
    ) throws -> SegmentationDataset {
        let root = folder + "/data"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        for (id, mask) in masks {
            let grey = mask.indices.map { UInt8(100 + 5 * ($0 % 9)) }
            try ImageWriter.writeGrey(
                grey, height: side, width: side, to: "\(root)/\(id)_image.png")
            try ImageWriter.writeGrey(mask, height: side, width: side, to: "\(root)/\(id)_mask.png")
        }
        func part(_ letter: String) -> SplitDescription.Part? {
            masks.keys.contains { $0.hasPrefix(letter) } ? .patterns([letter + "*"]) : nil
        }
        var description = DatasetDescription(
            name: "squares", root: root,
            images: [BandSource(files: ["*_image.png"], bands: ["band0"])],
            masks: [
                MaskSource(
                    files: ["*_mask.png"], values: [0: "background", 1: "class0", 9: "ignore"])
            ],
            classes: [ClassDescription(name: "class0")],
            split: SplitDescription(train: part("a"), validation: part("v"), test: part("t")))
        change(&description)
        return try SegmentationDataset.open(description)
    }

    /// The same from how many pixels of each image are of the class.
    static func dataset(
        _ folder: String, present: [String: Int],
        _ change: (inout DatasetDescription) -> Void = { _ in }
    ) throws -> SegmentationDataset {
        try dataset(folder, present.mapValues { mask($0) }, change)
    }

    /// A member that gives one probability everywhere.
    struct Voice: Sendable {
        var probability: Double
        var bag: [String]?
        var weight: Double?
        var change: @Sendable (inout TestMembers.Plan) -> Void = { _ in }
    }

    /// Saves a member in a folder that may not be there yet.
    static func save(
        _ root: String, _ name: String, _ change: (inout TestMembers.Plan) -> Void = { _ in }
    ) throws -> String {
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        return try TestMembers.save(root, name: name, change)
    }

    /// Saves members `m0`, `m1` and so on and an ensemble over them, and opens it.
    static func ensemble(
        _ folder: String, _ voices: [Voice], method: Combiner.Method = .softVoting,
        name: String = "e"
    ) throws -> OpenedEnsemble {
        let root = folder + "/" + name
        let members = try voices.enumerated().map { index, voice in
            try save(root, "m\(index)") { plan in
                plan.logits = [logit(voice.probability)]
                plan.bag = voice.bag
                voice.change(&plan)
            }
        }
        return try open(root, members, voices.map(\.weight), method: method)
    }

    /// An ensemble over saved members that lie under its folder.
    static func open(
        _ root: String, _ members: [String], _ weights: [Double?] = [],
        method: Combiner.Method = .softVoting, allowedMissing: Int = 0
    ) throws -> OpenedEnsemble {
        let manifest = EnsembleManifest(
            format: EnsembleManifest.currentFormat,
            members: try members.enumerated().map { index, file in
                EnsembleManifest.Member(
                    path: String(file.dropFirst(root.count + 1)),
                    sha256: try SHA256Digest.ofFile(at: file),
                    weight: weights.indices.contains(index)
                        ? weights[index].map { .member($0) } : nil)
            }, combine: .init(method: method))
        try BoundedJSON.write(manifest, to: root + "/ensemble.json")
        return try EnsembleStore.open(
            root + "/ensemble.json", allowedMissing: allowedMissing)
    }

    static func logit(_ probability: Double) -> Float {
        Float(log(probability / (1 - probability)))
    }

    /// What a member says that was trained on `dataset`.
    static func record(
        of dataset: SegmentationDataset, training: Int? = nil, fingerprint: String? = nil
    ) throws -> MemberManifest.TrainingData {
        let hex = try fingerprint ?? dataset.fingerprint()
        let split = try dataset.split()
        return MemberManifest.TrainingData(
            name: "squares", fingerprint: try #require(SHA256Digest(hex: hex)),
            split: .init(
                seed: 1, unit: "image", training: training ?? split.train.count,
                validation: split.validation.count, test: split.test.count))
    }

    /// Rewrites a saved member's manifest; ensembles written before no longer know it.
    static func edit(_ member: String, _ change: (inout MemberManifest) -> Void) throws {
        var manifest = try MemberStore.openManifest(member)
        change(&manifest)
        try BoundedJSON.write(manifest, to: member)
    }

    /// Binary cross entropy of one probability where `count` of the 16 pixels are of the class.
    static func crossEntropy(_ probability: Double, present count: Int) -> Double {
        let share = Double(count) / Double(pixels)
        return -share * log(probability) - (1 - share) * log(1 - probability)
    }
}

/// Scores come from single precision; the sums are made in double.
func expectClose(
    _ value: Double?, _ expected: Double, within: Double = 1e-6,
    _ location: SourceLocation = #_sourceLocation
) {
    guard let value else {
        Issue.record("no value where \(expected) was expected", sourceLocation: location)
        return
    }
    #expect(
        abs(value - expected) <= within, "\(value) for \(expected)", sourceLocation: location)
}
