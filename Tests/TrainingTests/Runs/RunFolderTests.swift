import DurableFiles
import Foundation
import TensorCore
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct RunFolderTests {
    @Test func aRunIsTakenUpAgain() throws {
        try TrainingFixtures.withFolder { folder in
            let run = try TrainingFixtures.run(folder)
            #expect(run.memberFolder(0) == folder + "/run/member-000")
            #expect(run.memberFolder(1000) == folder + "/run/member-1000")
            let again = try TrainingFixtures.run(folder)
            #expect(again.recipe == run.recipe && again.environment == run.environment)
            let existing = try RunFolder.existing(folder + "/run")
            #expect(existing.recipe == run.recipe && existing.environment == run.environment)
            #expect(run.environment.difference(on: OpenBLASBackend())?.contains("back end") == true)
        }
    }

    @Test(arguments: [
        ("optimizer.rate=0.5", "optimizer.rate"), ("training.seed=9", "training.seed"),
        ("bagging.members=3", "bagging.members"), ("training.patience=3", "training.patience"),
        ("data.size=32", "data.size"), ("loss=[bce]", "loss"), ("data.root=/nowhere", "data.root"),
    ])
    func anotherRecipeIsRefusedByTheKeyThatDiffers(_ override: String, _ key: String) throws {
        try TrainingFixtures.withFolder { folder in
            _ = try TrainingFixtures.run(folder)
            let error = TrainingFixtures.error(.usage) {
                _ = try TrainingFixtures.run(folder, [override])
            }
            #expect(error?.description.contains("'\(key)'") == true, "\(error as Any)")
        }
    }

    @Test func aFolderWithOtherThingsIsRefused() throws {
        try TrainingFixtures.withFolder { folder in
            try FileManager.default.createDirectory(
                atPath: folder + "/run", withIntermediateDirectories: true)
            try Data().write(to: URL(fileURLWithPath: folder + "/run/thesis.tex"))
            let error = TrainingFixtures.error(.usage) { _ = try TrainingFixtures.run(folder) }
            #expect(error?.description.contains("thesis.tex") == true)
            TrainingFixtures.error(.notFound) { _ = try RunFolder.existing(folder + "/run") }
            try Data().write(to: URL(fileURLWithPath: folder + "/file"))
            TrainingFixtures.error(.usage) { _ = try TrainingFixtures.run(folder, name: "file") }
        }
    }

    @Test func aRunThatCannotStartBindsNothing() throws {
        try TrainingFixtures.withFolder { folder in
            let recipe = try TrainingFixtures.recipe(folder)
            TrainingFixtures.error(.usage) {
                _ = try RunFolder.open(folder + "/run", recipe: recipe) {
                    throw FloeError(.usage, "images of different sizes")
                }
            }
            // The recipe was mended, and the folder is still free.
            _ = try TrainingFixtures.run(folder, ["data.size=32"])
        }
    }

    @Test func whatIsThereIsChecked() throws {
        try TrainingFixtures.withFolder { folder in
            let run = try TrainingFixtures.run(folder)
            let path = run.path + "/environment.json"
            let text = try String(contentsOfFile: path, encoding: .utf8)
            for (from, to) in [
                ("floe.environment/1", "floe.environment/2"), ("\"threads\"", "\"thread\""),
                ("{", "["),
            ] {
                try Data(text.replacingOccurrences(of: from, with: to).utf8)
                    .write(to: URL(fileURLWithPath: path))
                TrainingFixtures.error(.badData) { _ = try RunFolder.existing(run.path) }
            }
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            try Data("data: 3".utf8).write(to: URL(fileURLWithPath: run.path + "/recipe.yaml"))
            TrainingFixtures.error(.usage) { _ = try RunFolder.existing(run.path) }
        }
    }
}
