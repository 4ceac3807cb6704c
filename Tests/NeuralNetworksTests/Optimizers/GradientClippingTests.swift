import CKernels
import TestSupport
import Testing

@testable import NeuralNetworks
@testable import TensorCore

@Suite struct GradientClippingTests {
    private static func parameters<Result>(
        _ gradients: [Tensor], _ body: ([floe_parameter]) -> Result
    ) -> Result {
        withExtendedLifetime(gradients) {
            body(
                gradients.map { gradient in
                    var entry = floe_parameter()
                    entry.gradient = UnsafePointer(gradient.readPointer)
                    entry.count = gradient.count
                    return entry
                })
        }
    }

    /// Against a plain sum, with lengths that are no multiples of anything.
    @Test func theNormIsThatOfAllTogether() {
        let gradients = [1, 7, 8191, 8192, 8193, 100_003].enumerated().map {
            ReferenceTensor.random([$1], seed: $0 + 1).tensor()
        }
        let expected = gradients.flatMap(\.values).reduce(0.0) {
            $0 + Double($1) * Double($1)
        }.squareRoot()
        let norm = Self.parameters(gradients, GradientClipping.norm)
        #expect(abs(norm - expected) < 1e-12 * expected)
        // The threads of another thread's team change no bit.
        let elsewhere = ComputeThread.shared.run {
            Self.parameters(gradients, GradientClipping.norm)
        }
        #expect(elsewhere == norm)
        #expect(Self.parameters([], GradientClipping.norm) == 0)
    }

    @Test func hugeGradientsHaveANorm() {
        let norm = Self.parameters([Tensor([3e30, 4e30], shape: [2])], GradientClipping.norm)
        #expect(abs(norm - 5e30) < 1e24)
    }

    @Test func onlyWhatIsTooLongIsScaled() {
        let gradients = [Tensor([3, 0], shape: [2]), Tensor([4], shape: [1])]
        func clip(_ clipping: GradientClipping) -> [Float] {
            let clip = Self.parameters(gradients, clipping.clip)
            return [clip.scale, clip.limit]
        }
        #expect(clip(GradientClipping()) == [1, .infinity])
        #expect(clip(GradientClipping(norm: 6)) == [1, .infinity])
        #expect(clip(GradientClipping(norm: 1)) == [Float(1 / 5.000001), .infinity])
        #expect(clip(GradientClipping(norm: 1, value: 0.5)) == [Float(1 / 5.000001), 0.5])
    }

    @Test func aNormThatIsNoNumberScalesNothing() {
        for bad in [Float.nan, .infinity] {
            let clip = Self.parameters(
                [Tensor([1, bad], shape: [2])], GradientClipping(norm: 0.1).clip)
            #expect(clip.scale == 1)
        }
    }
}
