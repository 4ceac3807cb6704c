import DurableFiles
import Foundation
import Glibc
import ModelZoo
import Testing
import Training
import TrainingTestSupport

@testable import Ensembling

@Suite struct EnsembleVerifierTests {
    private static let four: [[Float]] = [[0.2], [0.4], [0.6], [0.8]]

    private func problems(_ path: String) throws -> [FloeError] {
        let problems = try EnsembleVerifier.problems(path, backend: TestMembers.exact())
        #expect(problems.allSatisfy { $0.kind == .badData && $0.file != nil }, "\(problems)")
        return problems
    }

    @Test func anIntactEnsembleHasNoProblem() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, Self.four)
            // The same member twice is odd, but whole.
            let path = try EnsembleFiles.write(folder, files + [files[0]])
            #expect(try problems(path).isEmpty)
        }
    }

    /// One run shows everything that must be repaired, in the order of the members.
    @Test func everyProblemIsListed() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, Self.four + [[0.5]])
            let path = try EnsembleFiles.write(folder, files) { $0.members[4].sha256 = nil }
            try EnsembleFiles.replace("{", "{ ", in: files[0])
            try EnsembleFiles.damage(EnsembleFiles.weightsFile(files[1]))
            try EnsembleFiles.remove(files[3])
            let found = try problems(path)
            #expect(
                found.map(\.file)
                    == [files[0], EnsembleFiles.weightsFile(files[1]), path, path])
            #expect(found[0].description.contains("manifest was changed"))
            #expect(found[2].description.contains("m3/manifest.json"))
            #expect(found[3].description.contains("no digest"))
        }
    }

    @Test func weightsThatAreMissingOrCutAreFound() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, Self.four)
            let path = try EnsembleFiles.write(folder, files)
            let weights = files.map(EnsembleFiles.weightsFile)
            try EnsembleFiles.remove(weights[0])
            let whole = try EnsembleFiles.bytes(weights[1])
            try whole.dropLast().write(to: URL(fileURLWithPath: weights[1]))
            try EnsembleFiles.put("", weights[2])
            #expect(try problems(path).map(\.file) == [files[0], weights[1], weights[2]])
        }
    }

    /// R13 one level down: the weights that a member names may not lie elsewhere.
    @Test func aMembersWeightsElsewhereAreFound() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, Self.four)
            let weights = files.map(EnsembleFiles.weightsFile)
            try EnsembleFiles.edit(files[0]) { $0.weights.file = "../m1/weights.h5" }
            try EnsembleFiles.edit(files[1]) { $0.weights.file = weights[1] }
            try EnsembleFiles.remove(weights[2])
            #expect(symlink(weights[3], weights[2]) == 0)
            try EnsembleFiles.remove(weights[3])
            #expect(mkfifo(weights[3], 0o600) == 0)
            let path = try EnsembleFiles.write(folder, files)
            #expect(try problems(path).map(\.file) == files)
        }
    }

    /// Every digest fits and yet the network computes something else than was recorded.
    @Test func aSelfTestThatFailsIsFound() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, Self.four)
            try EnsembleFiles.edit(files[2]) { $0.selfTest.samples[7].value += 0.1 }
            let path = try EnsembleFiles.write(folder, files)
            #expect(try EnsembleStore.open(path).members.count == 4)
            let found = try problems(path)
            #expect(found.map(\.file) == [files[2]])
            #expect(found.first?.description.contains("self-test") == true)
        }
    }

    @Test func disagreementsAreListedBesidesDamage() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(
                folder, [[0.5], [0.5, 0.5], [0.5], [0.25, 0.25, 0.5]])
            let path = try EnsembleFiles.write(folder, files) {
                $0.combine.thresholds = [0.5, 0.5]
            }
            try EnsembleFiles.damage(EnsembleFiles.weightsFile(files[2]))
            let found = try problems(path)
            #expect(
                found.map(\.file)
                    == [EnsembleFiles.weightsFile(files[2]), files[1], files[3], path])
        }
    }

    /// Two weights of the wrong length are two problems.
    @Test func everyWrongWeightIsListed() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, [[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]])
            let path = try EnsembleFiles.write(
                folder, files,
                weights: [.perClass([1]), .perClass([1, 1]), .perClass([1, 1, 1])])
            let found = try problems(path)
            #expect(found.map(\.file) == [path, path])
            for (problem, name) in zip(found, ["m0", "m2"]) {
                #expect(problem.description.contains("'\(name)/manifest.json'"), "\(problem)")
            }
        }
    }

    @Test func everyClassWithoutWeightIsListed() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, [[0.5, 0.25, 0.25]])
            let path = try EnsembleFiles.write(folder, files, weights: [.perClass([0, 1, 0])])
            let found = try problems(path)
            #expect(found.count == 2)
            for (problem, name) in zip(found, ["'class0'", "'class2'"]) {
                #expect(problem.description.contains(name))
            }
        }
    }

    @Test func hostilePathsAreListed() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, Self.four)
            #expect(mkfifo(folder + "/fifo", 0o600) == 0)
            let path = try EnsembleFiles.write(folder, files) { manifest in
                manifest.members[0].path = "/m0/manifest.json"
                manifest.members[1].path = "../m1/manifest.json"
                manifest.members[3].path = "fifo"
            }
            let found = try problems(path)
            #expect(found.map(\.file) == [path, path, path])
            for (problem, words) in zip(found, ["absolute", "climbs out", "FIFO"]) {
                #expect(problem.description.contains(words), "\(problem)")
            }
        }
    }

    @Test func aManifestThatCannotBeReadIsOneProblem() throws {
        try TrainingFixtures.withFolder { folder in
            let path = folder + "/e.json"
            let error = TrainingFixtures.error(.notFound) { _ = try problems(path) }
            #expect(error?.file == path)
            for text in ["", "{", "[]", #"{"format": "floe.ensemble/2"}"#] {
                try EnsembleFiles.put(text, path)
                #expect(try problems(path).map(\.file) == [path])
            }
        }
    }

    @Test func aSingleMemberIsNoEnsemble() throws {
        try TrainingFixtures.withFolder { folder in
            let file = try EnsembleFiles.members(folder, [[0.5]])[0]
            #expect(try problems(file).map(\.file) == [file])
        }
    }
}
