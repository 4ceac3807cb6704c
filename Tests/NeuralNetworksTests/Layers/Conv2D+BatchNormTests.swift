import NeuralNetworks
import TensorCore
import TestSupport
import Testing

@Suite struct Conv2DBatchNormTests {
    private static func layers(
        _ input: Int, _ output: Int, kernel: Int, stride: Int, bias: Bool
    ) -> (Conv2D, BatchNorm2D) {
        var initializer = ParameterInitializer(seed: 2)
        let conv = Conv2D(
            input, output, kernel: kernel, stride: stride, bias: bias, from: &initializer)
        var norm = BatchNorm2D(output, epsilon: 1e-3)
        func vector(_ seed: Int, _ low: Double, _ high: Double) -> Tensor {
            ReferenceTensor.random([output], seed: seed, from: low, to: high).tensor()
        }
        norm.weight?.tensor = vector(1, -1.5, 1.5)
        norm.bias.tensor = vector(2, -1, 1)
        norm.runningMean.tensor = vector(3, -1, 1)
        norm.runningVariance.tensor = vector(4, 0.01, 3)
        return (conv, norm)
    }

    /// One pass in prediction says what the two layers say one after the other.
    @Test(arguments: [
        (3, 16, 3, 1, false), (16, 32, 3, 1, true), (16, 16, 1, 2, false), (4, 32, 7, 2, false),
        (16, 2, 3, 1, true),
    ])
    func foldedIsOneAfterTheOther(
        _ input: Int, _ output: Int, _ kernel: Int, _ stride: Int, _ bias: Bool
    ) {
        let (conv, norm) = Self.layers(input, output, kernel: kernel, stride: stride, bias: bias)
        let image = ReferenceTensor.random([2, input, 12, 10], seed: 9).tensor()
        for backend in Backends.all {
            for relu in [false, true] {
                let (one, two) = ComputeThread.shared.run { () -> ([Float], [Float]) in
                    let context = ForwardContext.inference(backend)
                    let x = Variable(image)
                    let one = conv([x], norm: norm, relu: relu, in: context)
                    let two = norm(conv(x, in: context), relu: relu, in: context)
                    return (one.tensor.values, two.tensor.values)
                }
                #expect(Comparison.error(one.map(Double.init), two.map(Double.init)) < 1e-5)
                #expect(!relu || one.allSatisfy { $0 >= 0 })
            }
        }
    }

    /// A residual and the maps of a skip connection are part of the same pass, by direct convolution
    /// and by our own Winograd.
    @Test(arguments: KernelTable.Algorithm.allCases)
    func residualAndSkipAreOneAfterTheOther(_ algorithm: KernelTable.Algorithm) {
        let (conv, norm) = Self.layers(48, 32, kernel: 3, stride: 1, bias: false)
        let parts = [16, 32].map {
            Variable(ReferenceTensor.random([2, $0, 9, 10], seed: $0).tensor())
        }
        let residual = Variable(ReferenceTensor.random([2, 32, 9, 10], seed: 3).tensor())
        let table = KernelTable(choices: ["forward 48x9x10 32x48x3x3 p1": algorithm])
        ComputeThread.shared.run {
            let context = ForwardContext.inference(OneDNNBackend(.table(table)))
            let one = conv(parts, norm: norm, residual: residual, relu: true, in: context)
            let two = context.add(
                norm(conv([context.concatenate(parts)], in: context), in: context), residual,
                relu: true)
            #expect(one.tensor.values.contains { $0 > 0 })
            #expect(Comparison.error(one.tensor, two.tensor) < 1e-5)
        }
    }

    /// Validation between two epochs sees the statistics of then, not of before.
    @Test func aChangedNormIsFoldedAnew() {
        var (conv, norm) = Self.layers(16, 16, kernel: 3, stride: 1, bias: false)
        let image = ReferenceTensor.random([1, 16, 6, 6], seed: 9).tensor()
        func run() -> [Float] {
            ComputeThread.shared.run {
                conv([Variable(image)], norm: norm, relu: false, in: .inference(Backends.oneDNN))
                    .tensor.values
            }
        }
        let before = run()
        #expect(run() == before)
        norm.runningMean.tensor.withUnsafeMutableElements { $0[3] += 1 }
        let moved = run()
        #expect(moved != before)
        conv.weight.tensor.withUnsafeMutableElements { $0[0] += 1 }
        #expect(run() != moved)
    }

    /// ReLU inside a convolution turns NaN into 0; a broken norm must still be noticed.
    @Test(arguments: [Float.nan, .infinity])
    func brokenStatisticsReachTheOutput(_ value: Float) {
        var (conv, norm) = Self.layers(16, 16, kernel: 3, stride: 1, bias: false)
        norm.bias.tensor.withUnsafeMutableElements { $0[5] = value }
        let image = ReferenceTensor.random([1, 16, 6, 6], seed: 9).tensor()
        let output = ComputeThread.shared.run {
            conv([Variable(image)], norm: norm, relu: true, in: .inference(Backends.oneDNN)).tensor
        }
        #expect(!output.isAllFinite)
    }
}
