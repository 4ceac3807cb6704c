import ModelZoo
import NeuralNetworks
import TensorCore
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct PresenceRuleTests {
    private func tensor(_ values: [Float], pixels: Int = 1) -> Tensor {
        Tensor(values, shape: [1, values.count / pixels, 1, pixels])
    }

    /// Three classes, two pixels.
    private let logits = Tensor([1, -2, 0.5, 3, -1, 0.25], shape: [1, 3, 1, 2])

    @Test func theThresholdIsAProbability() {
        for (threshold, absent) in [(0.5, [0]), (0.1, []), (0.8, [0, 1]), (0.9, [0, 1, 2])] {
            let rule = PresenceRule(
                threshold: threshold, isExclusive: false, hasBackground: false)
            // Probabilities 0.27, 0.5 and 0.88.
            #expect(rule.absent(tensor([-1, 0, 2])) == absent, "\(threshold)")
        }
    }

    @Test func overlappingClassesGoByThemselves() {
        let rule = PresenceRule(threshold: 0.5, isExclusive: false, hasBackground: false)
        let presence = tensor([-1, 1, -3])
        let probabilities = rule.probabilities(logits, presence: presence).values
        let plain = Probabilities.sigmoid(logits).values
        #expect(probabilities == [0, 0, plain[2], plain[3], 0, 0])
        let emptied = rule.emptied(logits, presence: presence).values
        #expect(emptied[2...3] == logits.values[2...3])
        #expect(emptied[0] == -.infinity && emptied[5] == -.infinity)
    }

    /// Against the rule as it is written: take the class out and scale the others to a sum of 1.
    @Test func exclusiveClassesAreScaledUp() {
        let rule = PresenceRule(threshold: 0.5, isExclusive: true, hasBackground: false)
        let found = rule.probabilities(logits, presence: tensor([-1, 1, 1])).values.map(Double.init)
        let plain = Probabilities.softmax(logits).values.map(Double.init)
        for pixel in 0..<2 {
            let rest = plain[2 + pixel] + plain[4 + pixel]
            #expect(found[pixel] == 0)
            #expect(abs(found[2 + pixel] - plain[2 + pixel] / rest) < 1e-6)
            #expect(abs(found[4 + pixel] - plain[4 + pixel] / rest) < 1e-6)
        }
    }

    /// A class that had everything leaves no 0 / 0 behind.
    @Test func whatIsLeftMayBeUnlikely() {
        let rule = PresenceRule(threshold: 0.5, isExclusive: true, hasBackground: false)
        let found = rule.probabilities(
            Tensor([500, -500, -500], shape: [1, 3, 1, 1]), presence: tensor([-1, 1, 1])
        ).values
        #expect(found == [0, 0.5, 0.5])
    }

    @Test func aBackgroundIsNeverEmptied() {
        let rule = PresenceRule(threshold: 0.5, isExclusive: true, hasBackground: true)
        #expect(rule.absent(tensor([-9, -1, -2])) == [1, 2])
        #expect(rule.absent(tensor([-9, 1, -2])) == [2])
    }

    @Test func theLikeliestOfExclusiveClassesStays() {
        let rule = PresenceRule(threshold: 0.5, isExclusive: true, hasBackground: false)
        #expect(rule.absent(tensor([-3, -1, -2])) == [0, 2])
        #expect(rule.absent(tensor([-3, -1, -1])) == [0, 2])
        let overlapping = PresenceRule(threshold: 0.5, isExclusive: false, hasBackground: false)
        #expect(overlapping.absent(tensor([-3, -1, -2])) == [0, 1, 2])
    }

    @Test func onlySoftmaxHasABackground() {
        func rule(
            _ name: String, _ activation: MemberManifest.Output.Activation, _ threshold: Double?
        ) -> PresenceRule? {
            PresenceRule(
                MemberManifest.Output(
                    classes: [name, "ice"].map { .init(name: $0, color: [0, 0, 0]) },
                    activation: activation, presenceThreshold: threshold))
        }
        #expect(rule("Background", .softmax, 0.4)?.hasBackground == true)
        #expect(rule("soil", .softmax, 0.4)?.hasBackground == false)
        #expect(rule("background", .sigmoid, 0.4)?.hasBackground == false)
        #expect(rule("background", .softmax, nil) == nil)
        #expect(rule("background", .softmax, 0.4)?.threshold == 0.4)
    }

    @Test func aRecipeMakesTheSameRuleAsItsMembers() throws {
        try TrainingFixtures.withFolder { folder in
            let none = try TrainingFixtures.recipe(folder, ["image-head.weight=0"])
            #expect(PresenceRule(none) == nil)
            let recipe = try TrainingFixtures.recipe(
                folder, TrainingFixtures.softmax + ["image-head={weight: 1, threshold: 0.3}"])
            let rule = try #require(PresenceRule(recipe))
            #expect(rule.threshold == 0.3 && rule.isExclusive && rule.hasBackground)
        }
    }
}
