import Testing

@testable import NeuralNetworks

@Suite struct OptimizerRuleTests {
    /// Liu et al. 2020: with 0.999 the first five steps are not adaptive; the factor rises to 1.
    @Test func rectificationBeginsAtTheSixthStep() {
        let factors = (1...20_000).map { OptimizerRule.rectification(beta2: 0.999, step: $0) }
        #expect(factors[..<5].allSatisfy { $0 == nil })
        let known = factors[5...].compactMap { $0 }
        #expect(known.count == factors.count - 5)
        #expect(zip(known, known.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(known[0] > 0 && known[0] < 0.05 && abs((known.last ?? 0) - 1) < 1e-3)
    }

    @Test func aShortMemoryNeverTellsTheVariance() {
        for step in [1, 10, 1000, 1_000_000] {
            #expect(OptimizerRule.rectification(beta2: 0.6, step: step) == nil)
            #expect(OptimizerRule.rectification(beta2: 0, step: step) == nil)
        }
    }
}
