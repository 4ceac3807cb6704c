import CKernels
import TestSupport
import Testing

@testable import TensorCore

/// 2x2 kernels that move by two against convolution in double precision, in both vector widths.
@Suite struct SquaresTests {
    struct Plan: Sendable, CustomStringConvertible {
        var images: Int
        var coarse: Int
        var fine: Int
        var height: Int
        var width: Int
        var block: Int

        var coarseShape: Shape { [images, coarse, height, width] }
        var fineShape: Shape { [images, fine, 2 * height, 2 * width] }
        var weight: Shape { [coarse, fine, 2, 2] }
        var description: String { "\(coarseShape) and \(fineShape) in blocks of \(block)" }
        var kernel: Squares? {
            Squares(fine: fineShape, weight: weight, .init(stride: 2), block: block)
        }
    }

    static let plans = [8, 16].flatMap { block in
        [
            Plan(images: 1, coarse: 16, fine: 16, height: 1, width: 1, block: block),
            Plan(images: 2, coarse: 48, fine: 16, height: 3, width: 29, block: block),
            Plan(images: 1, coarse: 16, fine: 80, height: 5, width: 7, block: block),
            Plan(images: 3, coarse: 32, fine: 64, height: 9, width: 2, block: block),
            Plan(images: 1, coarse: 80, fine: 48, height: 2, width: 200, block: block),
        ]
    }

    @Test(arguments: plans, [Int32(1), 2, 5])
    func everyPassIsAConvolution(_ plan: Plan, _ threads: Int32) {
        let geometry = ConvolutionGeometry(stride: 2)
        let x = ReferenceTensor.random(plan.fineShape, seed: 1)
        let w = ReferenceTensor.random(plan.weight, seed: 2)
        let g = ReferenceTensor.random(plan.coarseShape, seed: 3)
        let b = ReferenceTensor.random([plan.coarse], seed: 4)
        let c = ReferenceTensor.random([plan.fine], seed: 5)
        let output = Reference.convolution(x, weight: w, bias: b, geometry)
        let gradient = Reference.convolutionGradient(g, input: x, weight: w, geometry)
        ComputeThread.shared.run {
            // Back before anything else computes: oneDNN's kernels are made for a number of threads.
            let before = floe_max_threads()
            floe_set_threads(threads)
            defer { floe_set_threads(before) }
            guard let kernel = plan.kernel else { return }
            let backend = OneDNNBackend(.exact)
            let layout = Layout.channelBlocked(plan.block)
            let weight = w.tensor()
            // A plain map is brought into blocks.
            let coarse = kernel.toCoarse(x.tensor(), weight: weight, bias: b.tensor(), backend)
            #expect(coarse.layout == layout)
            #expect(Comparison.error(coarse, output) < 1e-5)
            let fine = kernel.toFine(
                g.tensor(layout), weight: weight, bias: c.tensor(), backend)
            #expect(
                Comparison.error(fine, Reference.addBias(gradient.input, bias: c)) < 1e-5)
            let learned = kernel.weightGradient(
                coarse: g.tensor(layout), fine: x.tensor(layout), backend)
            #expect(Comparison.error(learned, gradient.weight) < 1e-5)
            let again = kernel.weightGradient(
                coarse: g.tensor(layout), fine: x.tensor(layout), backend)
            #expect(Comparison.identical(learned, again))
        }
    }

    @Test func otherConvolutionsAreNotTaken() {
        func exists(
            _ fine: Shape, _ weight: Shape, _ geometry: ConvolutionGeometry = .init(stride: 2)
        ) -> Bool { Squares(fine: fine, weight: weight, geometry, block: 16) != nil }
        #expect(!exists([1, 16, 5, 4], [16, 16, 2, 2]))
        #expect(!exists([1, 16, 4, 5], [16, 16, 2, 2]))
        #expect(!exists([1, 24, 4, 4], [16, 24, 2, 2]))
        #expect(!exists([1, 16, 4, 4], [8, 16, 2, 2]))
        #expect(!exists([1, 16, 4, 4], [16, 16, 3, 3]))
        #expect(!exists([1, 16, 4, 4], [16, 16, 2, 2], .init()))
        #expect(!exists([1, 16, 4, 4], [16, 16, 2, 2], .init(stride: 2, padding: 1)))
        #expect(!exists([1, 16, 4, 4], [16, 16, 2, 2], .init(stride: 2, dilation: 2)))
        #expect(
            exists([1, 16, 4, 4], [16, 16, 2, 2])
                == ProcessorInformation.current.flags.contains("avx512dq"))
    }
}
