import Foundation
import NeuralNetworks
import TestSupport
import Testing

@Suite struct ReduceOnPlateauTests {
    static let goldens = ScheduleGolden.all.filter { $0.name == "plateau" }

    private static func plateau(_ golden: ScheduleGolden) -> ReduceOnPlateau {
        ReduceOnPlateau(
            monitor: golden.mode == "max" ? .dice : .loss, factor: golden.factor ?? 0,
            patience: golden.patience ?? 0, threshold: golden.threshold ?? 0,
            minimum: golden.minimum ?? 0, rate: golden.rate)
    }

    @Test func theGoldensAreThere() { #expect(Self.goldens.count == 5) }

    @Test(arguments: goldens)
    func agreesWithPyTorch(_ golden: ScheduleGolden) throws {
        // A NaN and a score that is not there are alike.
        for missing in [Double?.none, .nan] {
            var plateau = Self.plateau(golden)
            var rates: [Double] = []
            for score in try #require(golden.scores) {
                rates.append(plateau.rate)
                plateau.record(score ?? missing)
            }
            for (rate, expected) in zip(rates, golden.rates) {
                #expect(abs(rate - expected) <= 1e-12 * expected)
            }
            #expect(Set(golden.rates).count > 2)
        }
    }

    @Test func whatIsStoredIsAllThereIs() throws {
        let golden = try #require(Self.goldens.first)
        let scores = try #require(golden.scores)
        var whole = Self.plateau(golden)
        for (index, score) in scores.enumerated() {
            whole = try JSONDecoder().decode(
                ReduceOnPlateau.self, from: JSONEncoder().encode(whole))
            #expect(abs(whole.rate - golden.rates[index]) <= 1e-12 * golden.rates[index])
            whole.record(score)
        }
        #expect(whole.hasSameRule(as: Self.plateau(golden)))
        #expect(!whole.hasSameRule(as: Self.plateau(Self.goldens[1])))
    }
}
