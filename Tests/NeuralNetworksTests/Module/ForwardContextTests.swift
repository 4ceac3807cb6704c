import NeuralNetworks
import TensorCore
import TestSupport
import Testing

@Suite struct ForwardContextTests {
    private func dropped(
        _ probability: Double, seed: UInt64, step: Int, layout: Layout = .plain, calls: Int = 1
    ) -> [Float] {
        ComputeThread.shared.run {
            let context = ForwardContext.training(
                Backends.openBLAS, dropoutSeed: seed, dropoutStep: step)
            let ones = Variable(Tensor(repeating: 1, shape: [2, 5, 16, 16], layout: layout))
            var result: [Float] = []
            for _ in 0..<calls {
                result = context.dropout(ones, probability: probability).tensor.values
            }
            return result
        }
    }

    @Test func dropoutIsAPureFunctionOfSeedAndStep() {
        let first = dropped(0.3, seed: 1, step: 7)
        #expect(dropped(0.3, seed: 1, step: 7) == first)
        #expect(dropped(0.3, seed: 1, step: 7, layout: .channelBlocked(16)) == first)
        #expect(dropped(0.3, seed: 2, step: 7) != first)
        #expect(dropped(0.3, seed: 1, step: 8) != first)
        // The second dropout of a pass has numbers of its own.
        #expect(dropped(0.3, seed: 1, step: 7, calls: 2) != first)
    }

    @Test func dropoutKeepsTheMean() {
        let values = dropped(0.25, seed: 5, step: 0)
        let zeros = values.filter { $0 == 0 }.count
        #expect(values.allSatisfy { $0 == 0 || abs($0 - 4 / 3) < 1e-6 })
        #expect(abs(Double(zeros) / Double(values.count) - 0.25) < 0.04)
        #expect(dropped(1, seed: 5, step: 0).allSatisfy { $0 == 0 })
        #expect(dropped(0, seed: 5, step: 0).allSatisfy { $0 == 1 })
    }

    @Test func inferenceDropsNothingAndKeepsNoTape() {
        ComputeThread.shared.run {
            let context = ForwardContext.inference(Backends.openBLAS)
            let x = Tensor(repeating: 1, shape: [1, 1, 4, 4])
            #expect(context.dropout(Variable(x), probability: 0.9).tensor.values == x.values)
            #expect(context.tape == nil)
        }
    }
}
