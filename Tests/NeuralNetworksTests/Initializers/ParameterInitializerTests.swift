import NeuralNetworks
import TensorCore
import Testing

@Suite struct ParameterInitializerTests {
    private func draw(
        _ distribution: ParameterInitializer.Distribution, seed: UInt64 = 1, member: Int = 0,
        skipping: Int = 0
    ) -> [Double] {
        var initializer = ParameterInitializer(seed: seed, member: member)
        for _ in 0..<skipping {
            _ = initializer.tensor([1], .torchDefault, fanIn: 1, fanOut: 1)
        }
        return initializer.tensor([64, 32, 3, 3], distribution, fanIn: 288, fanOut: 576)
            .values.map(Double.init)
    }

    /// Variance of a uniform distribution within ±b is b²/3.
    @Test func distributionsHaveTheirBoundsAndVariances() {
        let uniform: [(ParameterInitializer.Distribution, Double)] = [
            (.torchDefault, 1 / 288.0), (.heUniform, 6 / 288.0), (.xavierUniform, 6 / 864.0),
        ]
        for (distribution, squaredBound) in uniform {
            let values = draw(distribution)
            let bound = squaredBound.squareRoot()
            #expect(values.allSatisfy { abs($0) <= bound })
            #expect((values.map(abs).max() ?? 0) > bound * 0.999)
            let variance = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
            #expect(abs(variance / (squaredBound / 3) - 1) < 0.03)
            #expect(abs(values.reduce(0, +) / Double(values.count)) < bound * 0.02)
        }
        let normal = draw(.heNormalFanOut)
        let variance = normal.reduce(0) { $0 + $1 * $1 } / Double(normal.count)
        #expect(abs(variance / (2 / 576.0) - 1) < 0.04)
        #expect(normal.contains { abs($0) > 3 * variance.squareRoot() })
    }

    @Test func valuesAreAPureFunctionOfSeedMemberAndPosition() {
        let first = draw(.heUniform)
        #expect(draw(.heUniform) == first)
        #expect(draw(.heUniform, seed: 2) != first)
        #expect(draw(.heUniform, member: 1) != first)
        #expect(draw(.heUniform, skipping: 1) != first)
    }
}
