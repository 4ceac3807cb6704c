import NeuralNetworks
import TensorCore
import TestSupport
import Testing

@Suite struct AdaptiveNorm2DTests {
    @Test func agreesWithPyTorch() throws {
        try LayerGolden.check("adaptive norm", AdaptiveNorm2D(5)) { $0($1, in: $2) }
    }

    /// a = 1 and b = 0: nothing is normalised before it is learned.
    @Test func itStartsAsTheIdentity() {
        let x = ReferenceTensor.random([2, 3, 4, 5], seed: 1).tensor()
        ComputeThread.shared.run {
            for context in [
                ForwardContext.training(Backends.oneDNN), .inference(Backends.openBLAS),
            ] {
                #expect(AdaptiveNorm2D(3)(Variable(x), in: context).tensor.values == x.values)
            }
        }
    }

    /// In prediction the running statistics stand for the batch's.
    @Test func inferenceUsesTheRunningStatistics() {
        var norm = AdaptiveNorm2D(1, epsilon: 1e-12)
        norm.replaceState { entry in
            let values: [String: Float] = [
                "a": 2, "b": 3, "norm/weight": 0.5, "norm/bias": 1, "norm/running_mean": 4,
                "norm/running_var": 4,
            ]
            return values[entry.name].map { Tensor([$0], shape: [1]) }
        }
        let x = Tensor([6, -8], shape: [1, 1, 1, 2])
        for backend in Backends.all {
            ComputeThread.shared.run {
                let plain = norm(Variable(x), in: .inference(backend)).tensor.values
                // 2 x + 3 (0.5 (x - 4) / 2 + 1)
                #expect(zip(plain, [16.5, -22] as [Float]).allSatisfy { abs($0 - $1) < 1e-4 })
                let clipped = norm(Variable(x), relu: true, in: .inference(backend)).tensor.values
                #expect(zip(clipped, [16.5, 0] as [Float]).allSatisfy { abs($0 - $1) < 1e-4 })
            }
        }
    }
}
