import TestSupport
import Testing

@testable import TensorCore

@Suite struct OpenBLASBackendTests {
    static func random(_ shape: Shape, _ index: Int) -> ReferenceTensor {
        var stream = RandomStream(seed: 93, purpose: .test, epoch: index)
        return ReferenceTensor(
            (0..<shape.count).map { _ in Double(Float(stream.uniform(-1, 1))) }, shape: shape)
    }

    /// Many channels are taken in parts; bias and residual are in the sums before the first one.
    @Test(
        arguments: [
            ([2, 250, 9, 7], [5, 250, 3, 3], ConvolutionGeometry(padding: 1)),
            ([1, 250, 9, 7], [3, 250, 3, 3], ConvolutionGeometry(stride: 2, padding: 1)),
            ([2, 1100, 6, 5], [4, 1100, 1, 1], ConvolutionGeometry()),
            ([1, 1100, 6, 5], [4, 1100, 1, 1], ConvolutionGeometry(stride: 2)),
            ([1, 30, 12, 12], [2, 30, 7, 7], ConvolutionGeometry(stride: 2, padding: 3)),
        ] as [(Shape, Shape, ConvolutionGeometry)])
    func manyChannelsAreTakenInParts(
        _ input: Shape, _ weight: Shape, _ geometry: ConvolutionGeometry
    ) {
        let output = geometry.outputShape(input: input, weight: weight)
        let (x, w) = (Self.random(input, 0), Self.random(weight, 1))
        let (b, r) = (Self.random([weight[0]], 2), Self.random(output, 3))
        let sum = Reference.add(Reference.convolution(x, weight: w, bias: b, geometry), r)
        ComputeThread.shared.run {
            let backend = OpenBLASBackend()
            func run(_ residual: Tensor, relu: Bool) -> Tensor {
                backend.convolution(
                    [x.tensor()], weight: w.tensor(), bias: b.tensor(), residual: residual,
                    geometry, relu: relu)
            }
            #expect(Comparison.error(run(r.tensor(), relu: false), sum) < 1e-5)
            let blocked = r.tensor(.channelBlocked(8))
            #expect(Comparison.error(run(blocked, relu: true), Reference.relu(sum)) < 1e-5)
            var broken = r
            broken.values[0] = .nan
            #expect(run(broken.tensor(), relu: true).values[0].isNaN)
        }
    }

    /// Wherever in its window a NaN lies, it is the maximum.
    @Test func aMaximumThatIsNotANumberStays() {
        for position in 0..<9 {
            var values = (0..<9).map { Float(($0 * 5) % 9) }
            values[position] = .nan
            let output = ComputeThread.shared.run {
                OpenBLASBackend().maxPool(
                    Tensor(values, shape: [1, 1, 3, 3]), .init(window: 3, stride: 1)
                ).output.values
            }
            #expect(output.count == 1 && output[0].isNaN)
        }
    }
}
