import CKernels
import TestSupport
import Testing

@testable import TensorCore

/// Our own Winograd against convolution in double precision: both vector widths, both orders, all
/// passes, on maps that do not fill tiles and channels that do not fill panels.
@Suite struct BlockedWinogradTests {
    struct Plan: Sendable, CustomStringConvertible {
        var input: Shape
        var outputs: Int
        var block: Int
        var algorithm: KernelTable.Algorithm

        var weight: Shape { [outputs, input[1], 3, 3] }
        var output: Shape { [input[0], outputs, input[2], input[3]] }
        var layout: Layout { .channelBlocked(block) }
        var description: String {
            "\(input) to \(outputs) in blocks of \(block), \(algorithm.rawValue)"
        }

        func key(_ pass: ConvolutionKey.Pass) -> ConvolutionKey {
            ConvolutionKey(
                pass: pass, input: input, weight: weight, geometry: .init(padding: 1),
                hasBias: false, inputLayout: layout, outputLayout: layout, algorithm: algorithm)
        }

        /// Nil where this processor lacks the vectors.
        func kernel(_ pass: ConvolutionKey.Pass) -> BlockedWinograd? {
            BlockedWinograd(key(pass), block: block)
        }
    }

    static let shapes: [(Shape, Int)] = [
        ([1, 16, 4, 4], 16), ([1, 16, 1, 1], 32), ([2, 48, 1, 9], 16), ([1, 16, 5, 2], 48),
        ([3, 32, 7, 11], 32), ([2, 64, 13, 6], 80), ([1, 96, 12, 12], 64), ([5, 16, 9, 17], 16),
        ([2, 32, 33, 31], 48), ([1, 160, 8, 8], 176), ([2, 16, 50, 47], 32),
        ([1, 272, 12, 9], 144), ([1, 528, 5, 6], 48),
    ]
    static let plans: [Plan] = shapes.flatMap { input, outputs in
        [8, 16].flatMap { block in
            [KernelTable.Algorithm.winogradByTiles, .winogradByPanels].map {
                Plan(input: input, outputs: outputs, block: block, algorithm: $0)
            }
        }
    }

    static func random(_ shape: Shape, _ index: UInt64) -> ReferenceTensor {
        var stream = RandomStream(seed: 91, purpose: .test, epoch: Int(index))
        return ReferenceTensor(
            (0..<shape.count).map { _ in Double(Float(stream.uniform(-1, 1))) }, shape: shape)
    }

    @Test(arguments: plans)
    func everyPassIsAConvolution(_ plan: Plan) {
        let x = Self.random(plan.input, 0)
        let w = Self.random(plan.weight, 1)
        let g = Self.random(plan.output, 2)
        let geometry = ConvolutionGeometry(padding: 1)
        let output = Reference.convolution(x, weight: w, bias: nil, geometry)
        let gradient = Reference.convolutionGradient(g, input: x, weight: w, geometry)
        ComputeThread.shared.run {
            let backend = OneDNNBackend(.exact)
            guard let forward = plan.kernel(.forward), let back = plan.kernel(.inputGradient),
                let learn = plan.kernel(.weightGradient)
            else { return }
            let source = x.tensor(plan.layout)
            let seed = g.tensor(plan.layout)
            let weight = w.tensor()
            let got = forward.forward(
                [source], weight: weight, bias: nil, residual: nil, relu: false, backend)
            #expect(got.layout == plan.layout)
            #expect(Comparison.error(got, output) < 1e-5)
            let input = back.inputGradient(
                seed, weight: weight, inputShapes: [plan.input], backend)
            #expect(Comparison.error(input[0], gradient.input) < 1e-5)
            let learned = learn.weightGradient(seed, inputs: [source], backend)
            #expect(Comparison.error(learned, gradient.weight) < 1e-5)
        }
    }

    /// Bias, residual and ReLU belong to the pass; a NaN is not turned into zero.
    @Test(arguments: plans.filter { $0.input[1] <= 64 })
    func whatFollowsAConvolutionIsPartOfIt(_ plan: Plan) {
        let x = Self.random(plan.input, 3)
        let w = Self.random(plan.weight, 4)
        let b = Self.random([plan.outputs], 5)
        let r = Self.random(plan.output, 6)
        let sum = Reference.add(
            Reference.convolution(x, weight: w, bias: b, .init(padding: 1)), r)
        ComputeThread.shared.run {
            let backend = OneDNNBackend(.exact)
            guard let kernel = plan.kernel(.forward) else { return }
            func run(_ residual: Tensor, relu: Bool) -> Tensor {
                kernel.forward(
                    [x.tensor(plan.layout)], weight: w.tensor(), bias: b.tensor(),
                    residual: residual, relu: relu, backend)
            }
            #expect(Comparison.error(run(r.tensor(plan.layout), relu: false), sum) < 1e-5)
            // A plain residual is brought into blocks.
            #expect(Comparison.error(run(r.tensor(), relu: true), Reference.relu(sum)) < 1e-5)
            var broken = r
            broken.values[0] = .nan
            #expect(run(broken.tensor(), relu: true).values[0].isNaN)
        }
    }

    /// Tensors side by side: two parts of whole blocks, two that are not, three.
    @Test(arguments: [[16, 32], [32, 16], [24, 24], [8, 40], [16, 16, 16], [48]], [8, 16])
    func tensorsSideBySideAreOneTensor(_ channels: [Int], _ block: Int) {
        let whole: Shape = [2, 48, 9, 10]
        for algorithm in [KernelTable.Algorithm.winogradByTiles, .winogradByPanels] {
            let plan = Plan(input: whole, outputs: 32, block: block, algorithm: algorithm)
            let x = Self.random(whole, 7)
            let w = Self.random(plan.weight, 8).tensor()
            let g = Self.random(plan.output, 9).tensor(plan.layout)
            ComputeThread.shared.run {
                let backend = OneDNNBackend(.exact)
                guard let forward = plan.kernel(.forward), let back = plan.kernel(.inputGradient),
                    let learn = plan.kernel(.weightGradient)
                else { return }
                let joined = x.tensor(plan.layout)
                let parts = backend.parted(
                    x.tensor(), channels.map { [whole[0], $0, whole[2], whole[3]] }
                ).map { $0.converted(to: plan.layout) }
                func output(_ inputs: [Tensor]) -> Tensor {
                    forward.forward(
                        inputs, weight: w, bias: nil, residual: nil, relu: false, backend)
                }
                #expect(Comparison.identical(output(parts), output([joined])))
                let learned = learn.weightGradient(g, inputs: parts, backend)
                #expect(
                    Comparison.identical(
                        learned, learn.weightGradient(g, inputs: [joined], backend)))
                let together = back.inputGradient(
                    g, weight: w, inputShapes: [whole], backend)[0]
                let apart = back.inputGradient(
                    g, weight: w, inputShapes: parts.map(\.shape), backend)
                #expect(apart.map(\.shape) == parts.map(\.shape))
                #expect(backend.concatenate(apart).values == together.values)
            }
        }
    }

    /// The same threads give the same bits; with tiles outside, other threads cut the sums of the
    /// weight's gradient elsewhere. Nothing else depends on them.
    @Test(arguments: plans.filter { $0.input.count > 10_000 })
    func bitsDependOnNothingButThreads(_ plan: Plan) {
        let x = Self.random(plan.input, 10)
        let w = Self.random(plan.weight, 11).tensor()
        let g = Self.random(plan.output, 12).tensor(plan.layout)
        ComputeThread.shared.run {
            let backend = OneDNNBackend(.exact)
            guard let forward = plan.kernel(.forward), let learn = plan.kernel(.weightGradient)
            else { return }
            let before = floe_max_threads()
            defer { floe_set_threads(before) }
            let source = x.tensor(plan.layout)
            var outputs: [Tensor] = []
            var gradients: [Tensor] = []
            for threads in [2, 2, 1, 3, 5] {
                floe_set_threads(Int32(threads))
                outputs.append(
                    forward.forward(
                        [source], weight: w, bias: nil, residual: nil, relu: false, backend))
                gradients.append(learn.weightGradient(g, inputs: [source], backend))
            }
            #expect(outputs.allSatisfy { Comparison.identical($0, outputs[0]) })
            #expect(Comparison.identical(gradients[0], gradients[1]))
            #expect(gradients.allSatisfy { Comparison.error($0, gradients[0]) < 1e-5 })
            if plan.algorithm == .winogradByPanels {
                #expect(gradients.allSatisfy { Comparison.identical($0, gradients[0]) })
            }
        }
    }

    @Test func otherConvolutionsAreNotTaken() {
        func exists(_ change: (inout ConvolutionKey) -> Void) -> Bool {
            let plan = Plan(
                input: [1, 32, 8, 8], outputs: 32, block: 16, algorithm: .winogradByTiles)
            var key = plan.key(.forward)
            change(&key)
            return BlockedWinograd(key, block: 16) != nil
        }
        #expect(!exists { $0.algorithm = .direct })
        #expect(!exists { $0.algorithm = .winograd })
        #expect(!exists { $0.geometry.padding = 0 })
        #expect(!exists { $0.geometry.stride = 2 })
        #expect(!exists { $0.geometry.dilation = 2 })
        #expect(!exists { $0.weight = [32, 32, 1, 1] })
        #expect(!exists { $0.weight = [24, 32, 3, 3] })
        #expect(!exists { $0.weight = [32, 17, 3, 3] })
        #expect(exists { _ in } == ProcessorInformation.current.flags.contains("avx512dq"))
    }
}
