import DurableFiles
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
