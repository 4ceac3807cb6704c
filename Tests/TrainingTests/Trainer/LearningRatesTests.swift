import NeuralNetworks
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct LearningRatesTests {
    private static func rates(_ more: [String]) throws -> (LearningRates, Recipe) {
        try TrainingFixtures.withFolder { folder in
            let recipe = try TrainingFixtures.recipe(
                folder, ["training.epochs=4", "optimizer.rate=0.1"] + more)
            return (LearningRates(recipe, stepsPerEpoch: 2), recipe)
        }
    }

    private static func all(_ rates: LearningRates) -> [Double] {
        (1...4).flatMap { epoch in (0..<2).map { rates.rate(epoch: epoch, step: $0, nil) } }
    }

    private static func isClose(_ got: [Double], _ expected: [Double]) -> Bool {
        got.count == expected.count && zip(got, expected).allSatisfy { abs($0 - $1) < 1e-12 }
    }

    @Test func withoutAScheduleTheRateIsTheRecipesToTheBit() throws {
        let (rates, _) = try Self.rates([])
        #expect(Self.all(rates) == Array(repeating: 0.1, count: 8))
        #expect(rates.last(ofEpoch: 3, nil) == 0.1)
    }

    /// The schedule begins where the warm-up ends, and ends with the training.
    @Test func aWarmUpComesFirst() throws {
        let (rates, _) = try Self.rates([
            "schedule={name: polynomial, warm-up: 1.5, warm-up-start: 0.1}"
        ])
        #expect(
            Self.isClose(Self.all(rates), [0.01, 0.04, 0.07, 0.1, 0.08, 0.06, 0.04, 0.02]))
        #expect(rates.last(ofEpoch: 4, nil) == rates.rate(epoch: 4, step: 1, nil))
        let (steps, _) = try Self.rates([
            "schedule={name: polynomial, warm-up-steps: 3, warm-up-start: 0.1}"
        ])
        #expect(Self.all(steps) == Self.all(rates))
    }

    /// A staircase changes between epochs also where the warm-up ended within one.
    @Test(arguments: ["warm-up: 1.5", "warm-up-steps: 3"])
    func aStaircaseAfterPartOfAnEpoch(rise: String) throws {
        let (rates, _) = try Self.rates([
            "schedule={name: step, every: 1, factor: 0.5, \(rise), warm-up-start: 0.1}"
        ])
        #expect(
            Self.isClose(Self.all(rates), [0.01, 0.04, 0.07, 0.1, 0.05, 0.05, 0.025, 0.025]))
    }

    /// After whole epochs it is PyTorch's, which begins anew.
    @Test func aStaircaseAfterAnEpoch() throws {
        let (rates, _) = try Self.rates([
            "schedule={name: step, every: 2, factor: 0.5, warm-up: 1, warm-up-start: 0.1}"
        ])
        #expect(
            Self.isClose(Self.all(rates), [0.01, 0.055, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05]))
    }

    @Test func aWarmUpMayOutlastTheTraining() throws {
        let (rates, _) = try Self.rates([
            "schedule={name: cosine, warm-up-steps: 16, warm-up-start: 0.5}"
        ])
        #expect(Self.isClose([Self.all(rates)[7]], [0.1 * (0.5 + 0.5 * 7 / 16)]))
    }

    @Test func theEncodersRateFallsAlike() throws {
        let more = ["model=unet-resnet18", "schedule={name: step, every: 1, factor: 0.5}"]
        let (rates, _) = try Self.rates(more + ["encoder.rate=0.02"])
        for epoch in 1...4 {
            let factor = [1, 0.5, 0.25, 0.125][epoch - 1]
            let groups = rates.groups(epoch: epoch, step: 1, nil)
            #expect(groups == [ParameterGroup("encoder", rate: 0.02 * factor)])
            #expect(rates.rate(epoch: epoch, step: 1, nil) == 0.1 * factor)
        }
        let (same, _) = try Self.rates(more)
        #expect(same.groups(epoch: 2, step: 0, nil)[0].rate == 0.05)
    }

    /// A plateau sees no epoch that began in the warm-up, and rules after it.
    @Test func aPlateauWaitsForTheWarmUp() throws {
        let (rates, recipe) = try Self.rates([
            "schedule={name: plateau, patience: 0, factor: 0.5, warm-up: 1.5}"
        ])
        var plateau = recipe.schedule?.plateau(rate: 0.1, monitor: .loss)
        for epoch in 1...2 { rates.record(1, epoch: epoch, in: &plateau) }
        #expect(plateau?.best == nil)
        rates.record(1, epoch: 3, in: &plateau)
        rates.record(1, epoch: 4, in: &plateau)
        #expect(plateau?.best == 1 && plateau?.rate == 0.05)
        #expect(rates.rate(epoch: 4, step: 0, plateau) == 0.05)
        #expect(rates.rate(epoch: 1, step: 0, plateau) == 0.1 / 3)
    }
}
