import Foundation
import Testing

@testable import Ensembling

@Suite struct TemperingTests {
    private static func tempered(
        _ temperature: Double, _ values: [Float], classes: Int, isExclusive: Bool
    ) -> [Float] {
        var result = values
        Tempering.apply(
            temperature, to: &result, classes: classes, pixels: values.count / classes,
            isExclusive: isExclusive)
        return result
    }

    @Test func oddsAreTakenToAPower() {
        let values: [Float] = [0.9, 0.5, 0.2, 0]
        let flat = Self.tempered(2, values, classes: 1, isExclusive: false)
        // Odds of 9 become 3, odds of 1/4 become 1/2.
        for (got, expected) in zip(flat, [0.75, 0.5, 1.0 / 3] as [Float]) {
            #expect(abs(got - expected) < 1e-6)
        }
        #expect(flat[3] > 0 && flat[3] < 1e-3)
        let sharp = Self.tempered(0.5, values, classes: 1, isExclusive: false)
        for (got, expected) in zip(sharp, [81.0 / 82, 0.5, 1.0 / 17] as [Float]) {
            #expect(abs(got - expected) < 1e-6)
        }
        #expect(Self.tempered(1, values, classes: 1, isExclusive: false) == values)
    }

    @Test func exclusiveClassesAreBroughtBackToASumOf1() {
        // Two pixels of three classes.
        let values: [Float] = [0.64, 0, 0.32, 0.5, 0.04, 0.5]
        let flat = Self.tempered(2, values, classes: 3, isExclusive: true)
        let roots: [Float] = [0.8, Float(0.32).squareRoot(), 0.2]
        for k in 0..<3 {
            #expect(abs(flat[2 * k] - roots[k] / roots.reduce(0, +)) < 1e-6)
        }
        #expect(flat[1] < 1e-6 && flat[3] == 0.5 && flat[5] == 0.5)
        #expect(Self.tempered(1, values, classes: 3, isExclusive: true) == values)
    }

    /// Of exclusive classes even two that only differ in the last bit keep their order.
    @Test(arguments: [0.05, 1.7, 20]) func decisionsStay(_ temperature: Double) {
        let values: [Float] = [Float(0.4).nextUp, 0.4, 0.2, 0.4, 0.4, 0.6, 0.2, 0.2, 0.2]
        func combined(_ temperature: Double, exclusive: Bool, threshold: Double) -> Combiner {
            let classes = exclusive ? 3 : 1
            var combiner = Combiner(
                .init(
                    method: .softVoting, space: .probability, isExclusive: exclusive,
                    thresholds: [Double](repeating: threshold, count: classes),
                    temperature: temperature), classes: classes, pixels: 9 / classes)
            combiner.add(
                values, weights: [Double](repeating: 1, count: classes), thresholds: [])
            return combiner
        }
        let plain = combined(1, exclusive: true, threshold: 0.5)
        let tempered = combined(temperature, exclusive: true, threshold: 0.5)
        #expect(tempered.decisions() == plain.decisions())
        #expect(tempered.probabilities() != plain.probabilities())
        // A threshold of 0.5 decides as before; another one speaks of the tempered probabilities.
        let half = combined(temperature, exclusive: false, threshold: 0.5)
        #expect(half.decisions() == combined(1, exclusive: false, threshold: 0.5).decisions())
        let low = combined(temperature, exclusive: false, threshold: 0.3)
        #expect(low.decisions() == low.probabilities().map { $0 >= 0.3 ? 1 : 0 })
    }
}
