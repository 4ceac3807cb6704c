import NeuralNetworks
import TestSupport
import Testing

/// What scripts/golden/schedules.py wrote: the rates of 50 epochs by PyTorch.
struct ScheduleGolden: Decodable, Sendable, CustomStringConvertible {
    var name: String
    var rate: Double
    var every: Int?
    var factor: Double?
    var minimum: Double?
    var period: Int?
    var growth: Int?
    var power: Double?
    var patience: Int?
    var threshold: Double?
    var warmUp: Int?
    var warmUpStart: Double?
    var mode: String?
    var scores: [Double?]?
    var rates: [Double]

    var description: String { "\(name) \(warmUp ?? 0)" }

    static let all = (try? Golden.load("schedules", as: [ScheduleGolden].self)) ?? []

    var schedule: Schedule {
        let lowest = (minimum ?? 0) / rate
        return switch name {
        case "step": .step(every: every ?? 0, factor: factor ?? 0)
        case "cosine": .cosine(minimum: lowest)
        case "warm-restarts":
            .warmRestarts(period: period ?? 0, growth: growth ?? 0, minimum: lowest)
        case "polynomial": .polynomial(power: power ?? 0)
        default: .constant
        }
    }
}

@Suite struct ScheduleTests {
    static let pure = ScheduleGolden.all.filter { $0.name != "plateau" }

    @Test func theGoldensAreThere() { #expect(Self.pure.count == 16) }

    /// With one step an epoch, and at the first step of every epoch of seven.
    @Test(arguments: pure, [1, 7])
    func agreesWithPyTorch(_ golden: ScheduleGolden, _ stepsPerEpoch: Int) {
        let rise = WarmUp(
            steps: (golden.warmUp ?? 0) * stepsPerEpoch, start: golden.warmUpStart ?? 1)
        let rates = (0..<50).map { epoch in
            let step = epoch * stepsPerEpoch
            guard step >= rise.steps else { return golden.rate * rise.factor(at: step) }
            return golden.rate
                * golden.schedule.factor(
                    at: step - rise.steps, horizon: 50 * stepsPerEpoch - rise.steps,
                    stepsPerEpoch: stepsPerEpoch)
        }
        #expect(Comparison.error(rates, golden.rates) < 1e-10)
    }

    /// The smooth ones fall with every step, a staircase only between epochs.
    @Test func stepsWithinAnEpoch() {
        func factors(_ schedule: Schedule) -> [Double] {
            (0..<12).map { schedule.factor(at: $0, horizon: 12, stepsPerEpoch: 3) }
        }
        for schedule in [Schedule.cosine(minimum: 0.1), .polynomial(power: 2)] {
            let values = factors(schedule)
            #expect(zip(values, values.dropFirst()).allSatisfy { $0 > $1 })
            #expect(values[0] == 1)
        }
        #expect(
            factors(.step(every: 2, factor: 0.5))
                == [1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
        let restarts = factors(.warmRestarts(period: 1, growth: 2, minimum: 0))
        #expect(restarts.indices.filter { restarts[$0] == 1 } == [0, 3, 9])
        #expect(factors(.constant) == Array(repeating: 1, count: 12))
    }

    /// Beyond the horizon, as where a warm-up is longer than the training, nothing is out of range.
    @Test func beyondTheHorizon() {
        for schedule in [
            Schedule.cosine(minimum: 0.2), .polynomial(power: 0.5), .step(every: 1, factor: 0.1),
            .warmRestarts(period: 1, growth: 1000, minimum: 0),
        ] {
            for horizon in [-3, 0, 1] {
                for step in [0, 1, 5, 1_000_000] {
                    let factor = schedule.factor(at: step, horizon: horizon, stepsPerEpoch: 2)
                    #expect((0...1).contains(factor), "\(schedule) \(horizon) \(step)")
                }
            }
        }
    }
}
