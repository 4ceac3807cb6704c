import CKernels
import TestSupport
import Testing

@testable import TensorCore

/// Our own direct convolution against convolution in double precision: both vector widths, kernels,
/// strides, paddings and dilations that leave the map on every side, channels that do not fill panels.
@Suite struct BlockedDirectTests {
    struct Plan: Sendable, CustomStringConvertible {
        var input: Shape
        var outputs: Int
        var kernel: Int
        var geometry: ConvolutionGeometry
        var block: Int

        var weight: Shape { [outputs, input[1], kernel, kernel] }
        var output: Shape { geometry.outputShape(input: input, weight: weight) }
        var layout: Layout { .channelBlocked(block) }
        var description: String {
            "\(input) to \(outputs), kernel \(kernel), \(geometry), blocks of \(block)"
        }

        func kernel(_ pass: ConvolutionKey.Pass) -> BlockedDirect? {
            BlockedDirect(pass, input: input, weight: weight, geometry, block: block)
        }
    }

    static let plans: [Plan] = [8, 16].flatMap { block in
        [
            (Shape([1, 16, 1, 1]), 16, 1, ConvolutionGeometry()),
            ([2, 48, 5, 7], 80, 1, .init()), ([3, 32, 13, 15], 48, 1, .init()),
            ([1, 560, 6, 5], 32, 1, .init()), ([1, 16, 40, 33], 16, 1, .init()),
            ([2, 32, 7, 9], 16, 1, .init(stride: 2)), ([1, 48, 8, 8], 32, 1, .init(stride: 3)),
            ([2, 16, 9, 8], 48, 3, .init(stride: 2, padding: 1)),
            ([1, 32, 1, 2], 16, 3, .init(stride: 2, padding: 1)),
            ([1, 32, 12, 11], 32, 3, .init(stride: 3, padding: 2)),
            ([1, 16, 11, 12], 16, 3, .init(stride: 2, padding: 3, dilation: 3)),
            ([1, 16, 9, 14], 32, 7, .init(stride: 2, padding: 3)),
            ([1, 16, 8, 8], 16, 5, .init(stride: 4, padding: 0)),
            ([1, 16, 3, 3], 16, 3, .init(stride: 5, padding: 4)),
        ].map { Plan(input: $0, outputs: $1, kernel: $2, geometry: $3, block: block) }
    }

    static func random(_ shape: Shape, _ index: UInt64) -> ReferenceTensor {
        var stream = RandomStream(seed: 92, purpose: .test, epoch: Int(index))
        return ReferenceTensor(
            (0..<shape.count).map { _ in Double(Float(stream.uniform(-1, 1))) }, shape: shape)
    }

    @Test(arguments: plans)
    func forwardIsAConvolution(_ plan: Plan) {
        let x = Self.random(plan.input, 0)
        let w = Self.random(plan.weight, 1)
        let b = Self.random([plan.outputs], 2)
        let r = Self.random(plan.output, 3)
        let plain = Reference.convolution(x, weight: w, bias: nil, plan.geometry)
        let sum = Reference.add(Reference.convolution(x, weight: w, bias: b, plan.geometry), r)
        ComputeThread.shared.run {
            let backend = OneDNNBackend(.exact)
            guard let kernel = plan.kernel(.forward) else { return }
            var weight = w.tensor()
            let got = kernel.run(x.tensor(plan.layout), weight: weight, backend)
            #expect(got.layout == plan.layout)
            #expect(Comparison.error(got, plain) < 1e-5)
            func finished(_ residual: Tensor, relu: Bool) -> Tensor {
                kernel.run(
                    x.tensor(), weight: weight, bias: b.tensor(), residual: residual, relu: relu,
                    backend)
            }
            #expect(Comparison.error(finished(r.tensor(plan.layout), relu: false), sum) < 1e-5)
            #expect(Comparison.error(finished(r.tensor(), relu: true), Reference.relu(sum)) < 1e-5)
            var broken = r
            broken.values[0] = .nan
            #expect(finished(broken.tensor(), relu: true).values[0].isNaN)
            // Weights that were written to are packed anew.
            weight.withUnsafeMutableElements { for index in $0.indices { $0[index] *= 2 } }
            let doubled = kernel.run(x.tensor(plan.layout), weight: weight, backend)
            #expect(doubled.values == got.values.map { 2 * $0 })
        }
    }

    @Test(arguments: plans.filter { $0.kernel == 1 && $0.geometry.stride == 1 })
    func theInputGradientOfAPointIsAConvolutionToo(_ plan: Plan) {
        let x = Self.random(plan.input, 4)
        let w = Self.random(plan.weight, 5)
        let g = Self.random(plan.output, 6)
        let gradient = Reference.convolutionGradient(g, input: x, weight: w, plan.geometry)
        ComputeThread.shared.run {
            let backend = OneDNNBackend(.exact)
            guard let forward = plan.kernel(.forward), let back = plan.kernel(.inputGradient)
            else { return }
            // One weight holds both orders, each under a number of its own.
            let weight = w.tensor()
            _ = forward.run(x.tensor(plan.layout), weight: weight, backend)
            let got = back.run(g.tensor(plan.layout), weight: weight, backend)
            #expect(got.shape == plan.input)
            #expect(Comparison.error(got, gradient.input) < 1e-5)
        }
    }

    /// Every pixel is a sum of its own: how the pixels are shared out changes nothing.
    @Test func threadsChangeNothing() {
        let plan = Self.plans.first { $0.block == 8 && $0.input[1] == 32 && $0.kernel == 1 }
        guard let plan, let kernel = plan.kernel(.forward) else { return }
        let x = Self.random(plan.input, 7).tensor(plan.layout)
        let w = Self.random(plan.weight, 8).tensor()
        ComputeThread.shared.run {
            let backend = OneDNNBackend(.exact)
            let before = floe_max_threads()
            defer { floe_set_threads(before) }
            let results = [1, 2, 3].map { threads in
                floe_set_threads(Int32(threads))
                return kernel.run(x, weight: w, backend).values
            }
            #expect(results[0] == results[1])
            #expect(results[0] == results[2])
        }
    }

    /// What oneDNN does as well, or what this kernel cannot do, is left alone.
    @Test func otherConvolutionsAreLeftAlone() {
        func exists(
            _ pass: ConvolutionKey.Pass, _ input: Shape, _ weight: Shape,
            _ geometry: ConvolutionGeometry
        ) -> Bool {
            BlockedDirect(pass, input: input, weight: weight, geometry, block: 8) != nil
        }
        #expect(!exists(.forward, [1, 16, 8, 8], [16, 16, 3, 3], .init(padding: 1)))
        #expect(!exists(.forward, [1, 12, 8, 8], [16, 12, 1, 1], .init()))
        #expect(!exists(.forward, [1, 16, 8, 8], [3, 16, 1, 1], .init()))
        #expect(!exists(.forward, [1, 16, 8, 8], [16, 16, 1, 3], .init(stride: 2)))
        #expect(!exists(.inputGradient, [1, 16, 8, 8], [16, 16, 1, 1], .init(stride: 2)))
        #expect(!exists(.weightGradient, [1, 16, 8, 8], [16, 16, 1, 1], .init()))
    }
}
