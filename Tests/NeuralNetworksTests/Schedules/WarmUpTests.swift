import NeuralNetworks
import Testing

/// Its rates are compared with PyTorch's in ScheduleTests.
@Suite struct WarmUpTests {
    @Test func itRisesInALine() {
        let rise = WarmUp(steps: 4, start: 0.2)
        let factors = (0..<6).map { rise.factor(at: $0) }
        for (factor, expected) in zip(factors, [0.2, 0.4, 0.6, 0.8, 1, 1]) {
            #expect(abs(factor - expected) < 1e-15)
        }
        #expect(factors[4] == 1)
    }

    @Test func noStepsAreNone() {
        #expect(WarmUp(steps: 0, start: 0.1).factor(at: 0) == 1)
    }
}
