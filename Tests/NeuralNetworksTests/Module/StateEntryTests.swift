import NeuralNetworks
import TensorCore
import Testing

@Suite struct StateEntryTests {
    private func layer() -> ConvBNReLU {
        var initializer = ParameterInitializer(seed: 1)
        return ConvBNReLU(2, 3, from: &initializer)
    }

    @Test func namesOrderAndKinds() {
        let entries = layer().stateEntries()
        #expect(
            entries.map(\.name) == [
                "0/weight", "1/weight", "1/bias", "1/running_mean", "1/running_var",
            ])
        #expect(entries.map(\.isParameter) == [true, true, true, false, false])
        #expect(layer().parameterCount == 3 * 2 * 9 + 3 + 3)
    }

    @Test func copiesAreIndependent() {
        let original = layer()
        var copy = original
        copy.replaceState { entry in
            entry.name == "1/running_var" ? nil : Tensor(zeros: entry.tensor.shape)
        }
        #expect(copy.conv.weight.tensor.values.allSatisfy { $0 == 0 })
        #expect(copy.norm.runningVariance.tensor.values == [1, 1, 1])
        #expect(original.norm.weight?.tensor.values == [1, 1, 1])
        #expect(original.conv.weight.tensor.values.contains { $0 != 0 })
    }

    @Test func anAbsentBiasIsNotVisited() {
        var initializer = ParameterInitializer(seed: 1)
        var with = Conv2D(1, 1, kernel: 1, from: &initializer)
        let without = Conv2D(1, 1, kernel: 1, bias: false, from: &initializer)
        #expect(with.stateEntries().map(\.name) == ["weight", "bias"])
        #expect(without.stateEntries().map(\.name) == ["weight"])
        with.replaceState { Tensor(repeating: 4, shape: $0.tensor.shape) }
        #expect(with.bias?.tensor.values == [4])
    }
}
