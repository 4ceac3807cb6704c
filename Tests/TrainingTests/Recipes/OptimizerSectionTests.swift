import DurableFiles
import Foundation
import NeuralNetworks
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct OptimizerSectionTests {
    @Test func defaultsFollowTheName() throws {
        try TrainingFixtures.withFolder { folder in
            func section(_ name: String) throws -> OptimizerSection {
                try TrainingFixtures.recipe(folder, ["optimizer.name=\(name)"]).optimizer
            }
            #expect(
                try section("adamw").rule
                    == .adamW(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01))
            #expect(
                try section("radam").rule
                    == .rAdam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0))
            #expect(
                try section("lion").rule == .lion(beta1: 0.9, beta2: 0.99, weightDecay: 0))
            let chosen = try TrainingFixtures.recipe(
                folder, ["optimizer={name: lion, beta2: 0.98, weight-decay: 0.3}"]
            ).optimizer
            #expect(chosen.rule == .lion(beta1: 0.9, beta2: 0.98, weightDecay: 0.3))
            let plain = try TrainingFixtures.recipe(
                folder, ["optimizer={name: adamw, weight-decay: 0}"]
            ).optimizer
            #expect(
                plain.rule
                    == .adamW(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0))
        }
    }

    /// A resolved recipe is the recipe that it came from, and with another rule it has that one's
    /// defaults; what was chosen stays.
    @Test(arguments: OptimizerSection.Name.allCases)
    func aResolvedRecipeTakesAnotherRule(_ name: OptimizerSection.Name) throws {
        try TrainingFixtures.withFolder { folder in
            let path = folder + "/resolved.yaml"
            let first = try TrainingFixtures.recipe(folder, ["optimizer.name=\(name.rawValue)"])
            try Data(first.yaml().utf8).write(to: URL(fileURLWithPath: path))
            #expect(try RecipeLoader.loadResolved(path) == first)
            for other in OptimizerSection.Name.allCases {
                let direct = try TrainingFixtures.recipe(
                    folder, ["optimizer.name=\(other.rawValue)"])
                let again = try RecipeLoader.load(
                    path, overrides: ["optimizer.name=\(other.rawValue)"], environment: [:])
                #expect(again.optimizer == direct.optimizer, "\(other)")
            }
        }
    }

    @Test func whatWasChosenStaysWithAnotherRule() throws {
        try TrainingFixtures.withFolder { folder in
            let path = folder + "/resolved.yaml"
            let chosen = try TrainingFixtures.recipe(
                folder, ["optimizer={name: lion, beta2: 0.98, weight-decay: 0.3}"])
            try Data(chosen.yaml().utf8).write(to: URL(fileURLWithPath: path))
            #expect(try RecipeLoader.loadResolved(path) == chosen)
            func load(_ name: String) throws -> OptimizerSection {
                try RecipeLoader.load(
                    path, overrides: ["optimizer.name=\(name)"], environment: [:]
                ).optimizer
            }
            #expect(
                try load("adam").rule
                    == .adam(beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.3))
            let error = TrainingFixtures.error(.usage) { _ = try load("sgd") }
            #expect(error?.description.contains("optimizer.beta2") == true)
        }
    }

    /// As runs wrote them that named every key.
    @Test func aDefaultThatIsWrittenOutIsTheDefault() throws {
        try TrainingFixtures.withFolder { folder in
            for (name, beta2, decay) in [("lion", "0.99", "0"), ("adamw", "0.999", "0.01")] {
                let written = try TrainingFixtures.recipe(
                    folder,
                    ["optimizer={name: \(name), beta2: \(beta2), weight-decay: \(decay)}"])
                let short = try TrainingFixtures.recipe(folder, ["optimizer.name=\(name)"])
                #expect(written == short)
                #expect(try written.yaml() == short.yaml())
            }
        }
    }

    @Test func everyRuleGivesOtherWeights() throws {
        let digests = try TrainingFixtures.digests(
            OptimizerSection.Name.allCases.map { ["optimizer.name=\($0.rawValue)"] })
        #expect(Set(digests).count == OptimizerSection.Name.allCases.count)
    }

    /// Two values of a key give other weights.
    @Test(arguments: [
        ("adamw", "weight-decay", "0.01", "0.5"), ("adamw", "beta2", "0.999", "0.9"),
        ("adamw", "decay-norms", "true", "false"), ("adam", "weight-decay", "0", "0.1"),
        ("radam", "weight-decay", "0", "0.1"), ("radam", "beta1", "0.9", "0.5"),
        ("lion", "weight-decay", "0", "0.5"), ("lion", "beta1", "0.9", "0.1"),
        ("lion", "beta2", "0.99", "0.1"),
    ])
    func everyKeyCounts(_ name: String, _ key: String, _ a: String, _ b: String) throws {
        let digests = try TrainingFixtures.digests(
            [a, b].map { ["optimizer.name=\(name)", "optimizer.\(key)=\($0)"] })
        #expect(digests[0] != digests[1])
    }

    @Test(
        arguments: [
            "{name: adam, momentum: 0.5}", "{name: lion, epsilon: 1e-6}",
            "{name: radam, nesterov: true}",
            "{name: sgd, beta1: 0.5}", "{name: sgd, beta2: 0.9}", "{name: sgd, epsilon: 1e-4}",
        ])
    func whatTheRuleDoesNotTakeIsRefused(_ section: String) throws {
        try TrainingFixtures.withFolder { folder in
            let error = TrainingFixtures.error(.usage) {
                _ = try TrainingFixtures.recipe(folder, ["optimizer=\(section)"])
            }
            #expect(error?.expected?.hasPrefix("none beside optimizer.name") == true)
        }
    }
}
