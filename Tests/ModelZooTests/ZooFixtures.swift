import DurableFiles
import Foundation
import SegmentationModels
import TensorCore

@testable import ModelZoo
@testable import NeuralNetworks

/// What several test files of this module share.
enum ZooFixtures {
    /// Committed files, in `Tests/Fixtures/zoo`.
    static let folder =
        URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().path + "/Fixtures/zoo"

    static func h5py(_ name: String) throws -> Data {
        try DurableFile.read("\(folder)/h5py/\(name).h5", limit: 1 << 20)
    }

    /// The values that `scripts/golden/zoo_h5py.py` wrote.
    static func ramp(_ shape: Shape) -> Tensor {
        Tensor((0..<shape.count).map { Float($0) / 4 - 1 }, shape: shape)
    }

    /// Uniform values in [-1, 1).
    static func random(_ shape: Shape, seed: UInt64) -> Tensor {
        var stream = RandomStream(seed: seed, purpose: .test)
        return Tensor((0..<shape.count).map { _ in Float(stream.uniform(-1, 1)) }, shape: shape)
    }

    static func entry(_ name: String, _ tensor: Tensor) -> StateEntry {
        StateEntry(
            path: name.split(separator: "/").map(String.init), tensor: tensor, isParameter: true,
            id: LeafID())
    }

    /// Runs `body` with an empty folder that is removed afterwards.
    static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("floe-zoo-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try body(folder)
    }

    /// The error that `body` throws, as `FloeError`; nil where it throws none or another.
    static func error(_ body: () throws -> Void) -> FloeError? {
        do { try body() } catch { return error as? FloeError }
        return nil
    }

    static func exact() -> OneDNNBackend { ComputeThread.shared.run { OneDNNBackend(.exact) } }

    static let tiny = ModelConfiguration.unet(bands: 2, classes: 3, baseWidth: 2, levels: 1)

    /// A draft with every part filled in.
    static func draft(_ configuration: ModelConfiguration, sigmoid: Bool = false) -> MemberDraft {
        let names = (0..<configuration.classes).map { "class \($0)" }
        let ids = ["a.tiff", "b.tiff", "a.tiff", "ö/c.tiff"]
        let environment = MemberManifest.ComputeEnvironment(
            processor: "a processor", threads: 2, backend: "onednn", kernelTable: "exact")
        let values = ["dice": 0.75, "iou": 0.6, "loss": 0.1]
        return MemberDraft(
            created: "2025-03-01T09:30:00Z", software: "floe 1.0.0",
            lineage: [
                MemberManifest.Parent(
                    role: "encoder", name: "resnet18.h5", sha256: .of(Data("parent".utf8)),
                    adaptation: "first convolution: cyclic copy times 3/2")
            ],
            input: MemberManifest.Input(
                bands: (0..<configuration.bands).map {
                    MemberManifest.Input.Band(
                        name: "band \($0)", mean: 0.1 * Double($0), deviation: 0.25)
                },
                scale: 1.0 / 255, multiple: configuration.inputMultiple,
                tile: configuration.inputMultiple * 16, nodata: -1),
            output: MemberManifest.Output(
                classes: names.enumerated().map {
                    MemberManifest.Output.Class(name: $1, color: [$0, 128, 255])
                },
                activation: sigmoid ? .sigmoid : .softmax, threshold: sigmoid ? 0.5 : nil),
            bag: MemberManifest.Bag(
                seed: .max, member: 3, unit: "image", drawn: 4, fraction: 1, withReplacement: true,
                classPolicy: .requireClasses, redraws: 1,
                idsSHA256: MemberManifest.Bag.digest(of: ids), ids: ids,
                classesNeverSeen: [names[0]]),
            data: MemberManifest.TrainingData(
                name: "sea ice", fingerprint: .of(Data("data".utf8)),
                split: MemberManifest.TrainingData.Split(
                    seed: 7, unit: "image", training: 4, validation: 2, test: 2)),
            training: MemberManifest.TrainingRecord(
                hyperparameters: .object([
                    "optimizer": .object(["name": .string("adam"), "rate": .number("0.001")]),
                    "epochs": .number("20"), "augment": .array([.string("flip"), .bool(true)]),
                    "warmup": .null,
                ]), epochs: 20, bestEpoch: 17, seconds: 12.5, seed: 1, environment: environment),
            scores: MemberManifest.Scores(
                validation: MemberManifest.Score(
                    reduction: .pooled, absentClasses: .skip, images: 2, values: values,
                    classes: [names[0]: ["dice": 0.5]], isOptimistic: true),
                outOfBag: MemberManifest.Score(
                    reduction: .perImage, absentClasses: .one, images: 1, values: values)),
            selfTestSeed: 5)
    }

    static func network(
        _ configuration: ModelConfiguration = tiny, seed: UInt64 = 1
    ) throws -> any SegmentationNetwork {
        try ModelFactory.make(configuration, seed: seed)
    }

    /// A copy of the committed tiny member, which costs no computing; returns the manifest's path.
    @discardableResult
    static func copyTiny(to folder: String) throws -> String {
        try FileManager.default.copyItem(
            atPath: "\(Self.folder)/format-1/member", toPath: folder)
        return "\(folder)/manifest.json"
    }
}
