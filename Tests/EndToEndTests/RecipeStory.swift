import Foundation
import Testing

/// A recipe of `manifests/recipes` as its first lines say to use it, on a set made up in its layout.
///
/// In the folder: `data`, the run in `run`, the ensemble `e.json`, the comparison in `report`.
struct RecipeStory {
    /// Of the data, and the recipe's file name.
    var layout: String
    var synth: [String]
    /// What makes the training small; one epoch and one thread unless said otherwise.
    var overrides: [String]

    struct Ensemble: Decodable {
        struct Combine: Decodable { var thresholds: [Double]? }
        struct Input: Decodable { var bands: [String] }
        struct Output: Decodable {
            struct Class: Decodable {
                var name: String
                var color: [UInt8]
            }
            var classes: [Class]
        }
        struct Scores: Decodable {
            struct OutOfBag: Decodable {
                struct Coverage: Decodable {
                    var images: Int
                    var total: Int
                    var meanVotes: Double
                }
                var coverage: Coverage
            }
            var outOfBag: OutOfBag?
        }
        struct PostProcessing: Decodable {
            struct Steps: Decodable {
                var convexHull: Bool
                var minimumSize: Int
            }
            struct Fit: Decodable {
                var images: Int
                var before: Double
                var after: Double
            }
            var classes: [Steps]
            var fit: Fit?
        }
        struct Member: Decodable { var path: String }
        var combine: Combine
        var input: Input
        var output: Output
        var members: [Member]
        var scores: Scores
        var postprocessing: PostProcessing?
    }

    struct Member: Decodable {
        struct Architecture: Decodable { var name: String }
        struct Bag: Decodable {
            struct Plan: Decodable {
                var kind: String
                var isStratified: Bool
                var folds: Int?
                var fold: Int?
            }
            var ids: [String]
            var withReplacement: Bool
            var plan: Plan?
        }
        struct Source: Decodable {
            struct Split: Decodable {
                var training: Int
                var validation: Int
                var test: Int
            }
            var split: Split
        }
        var architecture: Architecture
        var bag: Bag
        var data: Source
    }

    private struct Report: Decodable {
        struct Row: Decodable {
            var kind: String
            var dice: Double?
            var iou: Double?
            var pixelAccuracy: Double?
            var loss: Double?
        }
        struct Image: Decodable { var memberDice: [Double?] }
        var rows: [Row]
        var perImage: [Image]
        var seenInTraining: Int
    }

    /// From data to comparison; the finished ensemble.
    func tell(in folder: String, members: Int, testImages: Int) throws -> Ensemble {
        try FloeProgram.succeed(
            ["data", "synth", "--layout", layout, "--out", folder + "/data", "-q"] + synth)
        try train(in: folder, members: members)
        try FloeProgram.succeed(["ensemble", "build", "--out", folder + "/e.json", folder + "/run"])
        let ensemble = try decode(Ensemble.self, folder + "/e.json")
        #expect(ensemble.members.count == members)
        try compare(in: folder, members: members, testImages: testImages)
        return ensemble
    }

    private func train(in folder: String, members: Int) throws {
        let recipe = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../manifests/recipes/\(layout).yaml").path
        let arguments =
            [
                "train", recipe, "data.root=\(folder)/data", "training.epochs=1",
                "compute.threads=1",
            ] + overrides + ["--out", folder + "/run"]
        let first = try FloeProgram.succeed(arguments + ["-q"])
        #expect(first.output == "\(folder)/run: \(members) of \(members) members trained\n")
        let weights = try weights(in: folder, members: members)
        #expect(Set(weights).count == members)
        // A finished run is left alone.
        let second = try FloeProgram.succeed(arguments + ["--progress", "json"])
        #expect(second.errorLines.filter { $0.contains("memberSkipped") }.count == members)
        #expect(try self.weights(in: folder, members: members) == weights)
    }

    private func weights(in folder: String, members: Int) throws -> [Data] {
        try (0..<members).map {
            try Data(
                contentsOf: URL(fileURLWithPath: "\(folder)/run/member-00\($0)/weights.h5"))
        }
    }

    private func compare(in folder: String, members: Int, testImages: Int) throws {
        try FloeProgram.succeed([
            "compare", folder + "/e.json", "--data", folder + "/run/recipe.yaml", "--out",
            folder + "/report", "-q", "--pictures", "1",
        ])
        let report = try decode(Report.self, folder + "/report/comparison.json")
        #expect(report.rows.filter { $0.kind == "member" }.count == members)
        #expect(report.rows.filter { $0.kind == "ensemble" }.count == 1)
        #expect(report.perImage.count == testImages)
        #expect(report.perImage.allSatisfy { $0.memberDice.count == members })
        #expect(report.seenInTraining == 0)
        for row in report.rows {
            for score in [row.dice, row.iou, row.pixelAccuracy] {
                #expect((0...1).contains(try #require(score)), "\(row.kind)")
            }
            #expect(try #require(row.loss).isFinite)
        }
        let pictures = try FileManager.default.contentsOfDirectory(
            atPath: folder + "/report/overlays")
        #expect(pictures.count == 1)
    }

    /// What a member's manifest says of it.
    func member(_ number: Int, in folder: String) throws -> Member {
        try decode(Member.self, "\(folder)/run/member-00\(number)/manifest.json")
    }

    func decode<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }
}
