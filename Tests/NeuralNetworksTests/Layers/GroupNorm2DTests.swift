import NeuralNetworks
import TensorCore
import TestSupport
import Testing

@Suite struct GroupNorm2DTests {
    @Test func groupsAgreeWithPyTorch() throws {
        try LayerGolden.check("group norm", GroupNorm2D(20, groups: 4)) { $0($1, in: $2) }
    }

    @Test func instancesAgreeWithPyTorch() throws {
        try LayerGolden.check("instance norm", GroupNorm2D(5, groups: 5)) { $0($1, in: $2) }
    }

    /// Images of a batch do not see each other, and training is what inference is.
    @Test func everyImageIsNormalisedByItself() {
        let norm = GroupNorm2D(4, groups: 2)
        let x = ReferenceTensor.random([3, 4, 5, 6], seed: 2)
        for backend in Backends.all {
            ComputeThread.shared.run {
                let together = norm(Variable(x.tensor()), in: .training(backend)).tensor.values
                let apart = (0..<3).flatMap { image -> [Float] in
                    let one = Array(x.values[image * 120..<(image + 1) * 120])
                    let tensor = ReferenceTensor(one, shape: [1, 4, 5, 6]).tensor()
                    return norm(Variable(tensor), in: .inference(backend)).tensor.values
                }
                #expect(together == apart)
            }
        }
    }

    /// A mean far from zero does not eat the variance.
    @Test func aLargeMeanCostsNoPrecision() {
        let x = ReferenceTensor(
            (0..<20_000).map { 4096 + Double($0 % 7) * 0.25 }, shape: [1, 1, 100, 200])
        let expected = Reference.groupNorm(
            x, weight: ReferenceTensor([1], shape: [1]), bias: ReferenceTensor([0], shape: [1]),
            groups: 1, epsilon: 1e-5, relu: false)
        ComputeThread.shared.run {
            let output = GroupNorm2D(1, groups: 1)(
                Variable(x.tensor()), in: .inference(Backends.oneDNN))
            #expect(Comparison.error(output.tensor, expected) < 1e-3)
        }
    }
}
