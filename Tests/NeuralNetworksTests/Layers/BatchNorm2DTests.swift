import NeuralNetworks
import TensorCore
import TestSupport
import Testing

@Suite struct BatchNorm2DTests {
    struct Entry: Decodable {
        var name: String
        var output: [Double]
    }

    /// The unbiased variance enters the running estimate, the biased one normalises.
    @Test func runningStatisticsFollowPyTorch() throws {
        let entries = try Golden.load("ops", as: [Entry].self)
        let mean = try #require(entries.first { $0.name == "running mean" })
        let variance = try #require(entries.first { $0.name == "running variance" })
        let normal = try #require(entries.first { $0.name == "batch norm" })
        let x = ClosedForm.single("x", [2, 3, 6, 5])
        for backend in Backends.all {
            for layout in [Layout.plain, .channelBlocked(16)] {
                var norm = BatchNorm2D(3)
                norm.weight?.tensor = ClosedForm.single("scale", [3], scale: 0.5, shift: 1).tensor()
                norm.bias.tensor = ClosedForm.single("shift", [3]).tensor()
                let (output, updates) = ComputeThread.shared.run {
                    let context = ForwardContext.training(backend)
                    let output = norm(Variable(x.tensor(layout)), in: context)
                    return (output.tensor.values, context.bufferUpdates)
                }
                #expect(Comparison.error(output.map(Double.init), normal.output) < 1e-5)
                let newMean = try #require(updates[norm.runningMean.id])
                let newVariance = try #require(updates[norm.runningVariance.id])
                #expect(Comparison.error(newMean.values.map(Double.init), mean.output) < 1e-5)
                #expect(
                    Comparison.error(newVariance.values.map(Double.init), variance.output) < 1e-6)
                // The layer itself is a value: nothing changes until its owner applies the update.
                #expect(norm.runningMean.tensor.values == [0, 0, 0])
                #expect(norm.runningVariance.tensor.values == [1, 1, 1])
            }
        }
    }

    @Test func inferenceUsesTheRunningStatistics() {
        var norm = BatchNorm2D(2)
        norm.runningMean.tensor = Tensor([1, -2], shape: [2])
        norm.runningVariance.tensor = Tensor([4, 0.25], shape: [2])
        norm.weight?.tensor = Tensor([2, 1], shape: [2])
        norm.bias.tensor = Tensor([0.5, -1], shape: [2])
        let x = Tensor([3, 1, -2, -1], shape: [1, 2, 1, 2])
        for backend in Backends.all {
            let (plain, clipped, updates) = ComputeThread.shared.run {
                let context = ForwardContext.inference(backend)
                return (
                    norm(Variable(x), in: context).tensor.values,
                    norm(Variable(x), relu: true, in: context).tensor.values,
                    context.bufferUpdates.count
                )
            }
            for (a, b) in zip(plain, [2.5, 0.5, -1, 1] as [Float]) { #expect(abs(a - b) < 1e-4) }
            for (a, b) in zip(clipped, [2.5, 0.5, 0, 1] as [Float]) { #expect(abs(a - b) < 1e-4) }
            #expect(updates == 0)
        }
    }
}
