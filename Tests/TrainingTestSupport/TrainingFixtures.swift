import DurableFiles
import Foundation
import ModelZoo
import SegmentationData
import TensorCore
import Testing
import Training

/// What several test files of this module share: small images written by the tests themselves.
public enum TrainingFixtures {
    /// One thread for all: two would wait for each other beside other tests.
    public static let oneThread: Void = ComputePolicy.setThreads(1)

    /// Runs `body` with an empty folder that is removed afterwards.
    @discardableResult
    public static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("floe-training-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try body(folder)
    }

    /// The error that a call throws, which must be one line; a failure where it throws none.
    @discardableResult
    public static func error(
        _ kind: FloeError.Kind? = nil, _ location: SourceLocation = #_sourceLocation,
        _ body: () throws -> Void
    ) -> FloeError? {
        do {
            try body()
        } catch let error as FloeError {
            #expect(!error.description.contains("\n"), sourceLocation: location)
            if let kind {
                #expect(error.kind == kind, "\(error)", sourceLocation: location)
            }
            return error
        } catch {
            Issue.record("not a FloeError: \(error)", sourceLocation: location)
            return nil
        }
        Issue.record("nothing was thrown", sourceLocation: location)
        return nil
    }

    /// Writes `data/NN_image.png` and `data/NN_mask.png`: grey noise, brighter under the mask, which
    /// is a rectangle of class 1 (and one of class 2 below it).
    public static func writeImages(
        _ folder: String, count: Int = 8, height: Int = 16, width: Int = 16
    ) throws {
        try FileManager.default.createDirectory(
            atPath: folder + "/data", withIntermediateDirectories: true)
        for number in 0..<count {
            try writeImage(folder, number, height: height, width: width)
        }
    }

    public static func writeImage(
        _ folder: String, _ number: Int, height: Int = 16, width: Int = 16, seed: UInt64 = 7
    ) throws {
        var stream = RandomStream(seed: seed, purpose: .test, sample: number)
        let top = stream.index(below: height / 2)
        let left = stream.index(below: width / 2)
        var labels = [UInt8](repeating: 0, count: height * width)
        for row in top..<top + height / 2 {
            for column in left..<left + width / 2 {
                labels[row * width + column] = row < top + height / 4 ? 1 : 2
            }
        }
        let grey = labels.map { UInt8(40 + 60 * Int($0) + stream.index(below: 50)) }
        let name = folder + "/data/" + (number < 10 ? "0" : "") + "\(number)"
        try ImageWriter.writeGrey(grey, height: height, width: width, to: name + "_image.png")
        try ImageWriter.writeGrey(labels, height: height, width: width, to: name + "_mask.png")
    }

    /// A recipe of one sigmoid class; `more` overrides it.
    public static func recipe(_ folder: String, _ more: [String] = []) throws -> Recipe {
        let path = folder + "/recipe.yaml"
        if !FileManager.default.fileExists(atPath: path) {
            try Data(
                """
                name: tiny
                data:
                  root: data
                  images: "*_image.png"
                  masks: {files: "*_mask.png", values: {0: background, 1: thing, 2: thing}}
                  classes: thing
                  split: {train: 5, validation: 2, test: 1}
                model: unet:4:2
                loss: [bce, dice]
                training: {epochs: 2, batch: 2, checkpoint-seconds: 0}
                augmentation: {horizontal-flip: 0.5, vertical-flip: 0.5, quarter-turns: 0.5}
                bagging: {members: 2}
                compute: {threads: 1, exact: true}

                """.utf8
            ).write(to: URL(fileURLWithPath: path))
        }
        return try RecipeLoader.load(path, overrides: more, environment: [:])
    }

    /// The overrides that make it three classes that exclude one another.
    public static let softmax = [
        "data.masks.values={0: background, 1: one, 2: two}", "data.classes=[background, one, two]",
        "loss=[cross-entropy, dice]",
    ]

    /// A run folder of a recipe, with direct convolution.
    public static func run(
        _ folder: String, _ more: [String] = [], name: String = "run"
    ) throws -> RunFolder {
        let recipe = try recipe(folder, more)
        return try RunFolder.open(folder + "/" + name, recipe: recipe) {
            let backend = recipe.compute.backend.make(.exact)
            return RunEnvironment(threads: 1, backend: backend, kernelTable: KernelTable())
        }
    }

    public static func weights(_ run: RunFolder, member: Int = 0) throws -> SHA256Digest {
        try SHA256Digest.ofFile(at: run.memberFolder(member) + "/" + MemberStore.weightsName)
    }
}
