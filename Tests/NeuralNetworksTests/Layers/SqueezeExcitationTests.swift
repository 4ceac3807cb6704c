import NeuralNetworks
import TestSupport
import Testing

@Suite struct SqueezeExcitationTests {
    @Test func agreesWithTorchvision() throws {
        var initializer = ParameterInitializer(seed: 1)
        try LayerGolden.check(
            "squeeze and excitation", SqueezeExcitation(20, reduction: 8, from: &initializer)
        ) { $0($1, in: $2) }
    }

    /// More reduction than channels leaves one value.
    @Test func atLeastOneValueIsLeft() {
        var initializer = ParameterInitializer(seed: 1)
        let gate = SqueezeExcitation(5, reduction: 16, from: &initializer)
        #expect(gate.stateEntries().first?.tensor.shape == [1, 5, 1, 1])
    }
}
