import DurableFiles
import NeuralNetworks
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct ScheduleSectionTests {
    /// Two values of a key give other weights.
    @Test(arguments: [
        ("name: step, every: 1", "factor: 0.5", "factor: 0.2"),
        ("name: step", "every: 1", "every: 2"),
        ("name: cosine", "minimum: 0", "minimum: 5e-4"),
        ("name: warm-restarts, period: 1", "growth: 1", "growth: 2"),
        ("name: warm-restarts", "period: 1", "period: 2"),
        ("name: warm-restarts, period: 2", "minimum: 0", "minimum: 5e-4"),
        ("name: polynomial", "power: 0.9", "power: 2"),
        ("name: plateau, patience: 0, threshold: 0.9", "factor: 0.1", "factor: 0.5"),
        ("name: plateau, threshold: 0.9, factor: 0.5", "patience: 0", "patience: 1"),
        ("name: plateau, patience: 0, factor: 0.5", "threshold: 0", "threshold: 0.9"),
        (
            "name: plateau, patience: 0, factor: 0.5, threshold: 0.9", "minimum: 0",
            "minimum: 9e-4"
        ),
        ("name: constant", "warm-up: 1", "warm-up: 2"),
        ("name: cosine", "warm-up-steps: 1", "warm-up-steps: 2"),
        ("name: constant, warm-up: 1", "warm-up-start: 0.5", "warm-up-start: 0.01"),
    ])
    func everyKeyCounts(_ common: String, _ a: String, _ b: String) throws {
        let digests = try TrainingFixtures.digests(
            [a, b].map { ["training.epochs=3", "schedule={\(common), \($0)}"] })
        #expect(digests[0] != digests[1])
    }

    @Test func aNameAloneHasDefaults() throws {
        try TrainingFixtures.withFolder { folder in
            func section(_ text: String) throws -> ScheduleSection? {
                try TrainingFixtures.recipe(folder, ["schedule=\(text)"]).schedule
            }
            #expect(try section("cosine")?.schedule(rate: 0.1) == .cosine(minimum: 0))
            #expect(try section("polynomial")?.schedule(rate: 0.1) == .polynomial(power: 1))
            #expect(
                try section("{name: step, every: 3}")?.schedule(rate: 0.1)
                    == .step(every: 3, factor: 0.1))
            #expect(
                try section("{name: warm-restarts, period: 2, minimum: 1e-4}")?
                    .schedule(rate: 1e-3)
                    == .warmRestarts(period: 2, growth: 1, minimum: 0.1))
            #expect(
                try section("plateau")?.plateau(rate: 0.5, monitor: .dice)
                    == ReduceOnPlateau(
                        monitor: .dice, factor: 0.1, patience: 10, threshold: 1e-4, minimum: 0,
                        rate: 0.5))
            #expect(try section("constant")?.plateau(rate: 0.5, monitor: .loss) == nil)
            // A name that is then made long by an override.
            let longer = try TrainingFixtures.recipe(
                folder, ["schedule=cosine", "schedule.minimum=1e-5"])
            #expect(longer.schedule?.name == .cosine && longer.schedule?.minimum == 1e-5)
        }
    }

    @Test func aConstantRateIsNoSchedule() throws {
        let digests = try TrainingFixtures.digests([[], ["schedule=constant"]])
        #expect(digests[0] == digests[1])
    }

    @Test(arguments: [
        ("{name: step}", "schedule.every"), ("{name: step, every: 0}", "schedule.every"),
        ("{name: step, every: 2, factor: 1}", "schedule.factor"),
        ("{name: cosine, factor: 0.5}", "schedule.factor"),
        ("{name: cosine, minimum: 1}", "schedule.minimum"),
        ("{name: cosine, minimum: -1}", "schedule.minimum"),
        ("{name: polynomial, minimum: 0}", "schedule.minimum"),
        ("{name: polynomial, power: 0}", "schedule.power"),
        ("{name: cosine, power: 1}", "schedule.power"),
        ("{name: warm-restarts}", "schedule.period"),
        ("{name: warm-restarts, period: 9223372036854775807}", "schedule.period"),
        ("{name: warm-restarts, period: 1, growth: 0}", "schedule.growth"),
        ("{name: step, every: 2, period: 1}", "schedule.period"),
        ("{name: plateau, patience: -1}", "schedule.patience"),
        ("{name: plateau, threshold: 1}", "schedule.threshold"),
        ("{name: cosine, patience: 2}", "schedule.patience"), ("{every: 2}", "schedule.every"),
        ("{warm-up: 2}", "schedule.warm-up"), ("{warm-up: -1}", "schedule.warm-up"),
        ("{warm-up: 1, warm-up-steps: 3}", "schedule.warm-up"),
        ("{warm-up-steps: 9223372036854775807}", "schedule.warm-up-steps"),
        ("{warm-up: 1, warm-up-start: 0}", "schedule.warm-up-start"),
        ("{warm-up-start: 0.5}", "schedule.warm-up-start"), ("{nmae: step}", "name"),
    ])
    func whatMakesNoSenseIsRefused(_ text: String, _ key: String) throws {
        try TrainingFixtures.withFolder { folder in
            let error = TrainingFixtures.error(.usage) {
                _ = try TrainingFixtures.recipe(folder, ["schedule=\(text)"])
            }
            #expect(error?.description.contains(key) == true, "\(String(describing: error))")
        }
    }
}
