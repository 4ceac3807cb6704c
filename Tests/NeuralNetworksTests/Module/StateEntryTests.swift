import NeuralNetworks
import TensorCore
import Testing

@Suite struct StateEntryTests {
    private func layer() -> ConvNormReLU {
        var initializer = ParameterInitializer(seed: 1)
        return ConvNormReLU(2, 3, from: &initializer)
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
        func value(_ name: String, of layer: ConvNormReLU) -> [Float]? {
            layer.stateEntries().first { $0.name == name }?.tensor.values
        }
        #expect(value("1/running_var", of: copy) == [1, 1, 1])
        #expect(value("1/weight", of: copy) == [0, 0, 0])
        #expect(value("1/weight", of: original) == [1, 1, 1])
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
