import NeuralNetworks

/// `schedule:` how the learning rate changes while a member is trained.
///
/// Keys that belong to other schedules are refused; those of the named one have their defaults here.
public struct ScheduleSection: Codable, Hashable, Sendable {
    public enum Name: String, Codable, CaseIterable, Sendable {
        case constant, step, cosine, polynomial, plateau
        case warmRestarts = "warm-restarts"
    }

    public var name = Name.constant
    /// `step`: epochs between two changes.
    public var every: Int?
    /// `step`, `plateau`: what the rate is multiplied with; nil for 0.1.
    public var factor: Double?
    /// `cosine`, `warm-restarts`, `plateau`: the lowest rate; nil for 0.
    public var minimum: Double?
    /// `warm-restarts`: epochs of the first period.
    public var period: Int?
    /// `warm-restarts`: how many times as long as the one before a period is; nil for 1.
    public var growth: Int?
    /// `polynomial`: the power; nil for 1, a line.
    public var power: Double?
    /// `plateau`: epochs without improvement that are tolerated; nil for 10.
    public var patience: Int?
    /// `plateau`: by which part of the best score a better one must differ; nil for 0.0001.
    public var threshold: Double?
    /// Epochs, or parts of one, in which the rate rises in a line; nil for none.
    public var warmUp: Double?
    /// The same in steps.
    public var warmUpSteps: Int?
    /// The part of the rate that the first step of a warm-up takes; nil for a third.
    public var warmUpStart: Double?

    public init() {}

    private enum CodingKeys: String, CodingKey {
        case name, every, factor, minimum, period, growth, power, patience, threshold
        case warmUp = "warm-up"
        case warmUpSteps = "warm-up-steps"
        case warmUpStart = "warm-up-start"
    }

    public init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(Name.self) {
            self.name = name
            return
        }
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        name = try keys.decodeIfPresent(Name.self, forKey: .name) ?? name
        every = try keys.decodeIfPresent(Int.self, forKey: .every)
        factor = try keys.decodeIfPresent(Double.self, forKey: .factor)
        minimum = try keys.decodeIfPresent(Double.self, forKey: .minimum)
        period = try keys.decodeIfPresent(Int.self, forKey: .period)
        growth = try keys.decodeIfPresent(Int.self, forKey: .growth)
        power = try keys.decodeIfPresent(Double.self, forKey: .power)
        patience = try keys.decodeIfPresent(Int.self, forKey: .patience)
        threshold = try keys.decodeIfPresent(Double.self, forKey: .threshold)
        warmUp = try keys.decodeIfPresent(Double.self, forKey: .warmUp)
        warmUpSteps = try keys.decodeIfPresent(Int.self, forKey: .warmUpSteps)
        warmUpStart = try keys.decodeIfPresent(Double.self, forKey: .warmUpStart)
    }
}

extension ScheduleSection {
    /// The pure part of it, with the lowest rate as a part of `rate`.
    func schedule(rate: Double) -> Schedule {
        let lowest = (minimum ?? 0) / rate
        return switch name {
        case .constant, .plateau: .constant
        case .step: .step(every: every ?? 1, factor: factor ?? 0.1)
        case .cosine: .cosine(minimum: lowest)
        case .warmRestarts:
            .warmRestarts(period: period ?? 1, growth: growth ?? 1, minimum: lowest)
        case .polynomial: .polynomial(power: power ?? 1)
        }
    }

    /// The part of it that has a state; nil for all but `plateau`.
    func plateau(rate: Double, monitor: MonitoredScore) -> ReduceOnPlateau? {
        guard name == .plateau else { return nil }
        return ReduceOnPlateau(
            monitor: monitor, factor: factor ?? 0.1, patience: patience ?? 10,
            threshold: threshold ?? 1e-4, minimum: minimum ?? 0, rate: rate)
    }

    /// The steps in which the rate rises.
    func warmUp(stepsPerEpoch: Int) -> WarmUp {
        let epochs = ((warmUp ?? 0) * Double(stepsPerEpoch)).rounded()
        return WarmUp(steps: warmUpSteps ?? Int(epochs), start: warmUpStart ?? 1.0 / 3)
    }
}

extension ScheduleSection {
    func check(_ check: RecipeCheck, of recipe: Recipe) throws {
        try checkFit(check)
        let long = 1_000_000
        if name == .step {
            try check.require(
                (1...long).contains(every ?? 0), "schedule.every", "1 to \(long) epochs",
                every.map { "\($0)" } ?? "none")
        }
        if name == .warmRestarts {
            try check.require(
                (1...long).contains(period ?? 0), "schedule.period", "1 to \(long) epochs",
                period.map { "\($0)" } ?? "none")
        }
        let factor = factor ?? 0.5
        try check.require(factor > 0 && factor < 1, "schedule.factor", "between 0 and 1", factor)
        let minimum = minimum ?? 0
        try check.require(
            minimum >= 0 && minimum <= recipe.optimizer.rate, "schedule.minimum",
            "a rate of 0 to optimizer.rate (\(recipe.optimizer.rate))", minimum)
        try check.require(
            (1...1000).contains(growth ?? 1), "schedule.growth", "1 to 1000", growth ?? 1)
        let power = power ?? 1
        try check.require(power > 0 && power <= 100, "schedule.power", "above 0 to 100", power)
        try check.require(patience ?? 1 >= 0, "schedule.patience", "at least 0", patience ?? 1)
        let threshold = threshold ?? 0
        try check.require(
            (0..<1).contains(threshold), "schedule.threshold", "0 to below 1", threshold)
        try check.require(
            warmUp == nil || warmUpSteps == nil, "schedule.warm-up",
            "warm-up or warm-up-steps, not both", warmUp ?? 0)
        let epochs = warmUp ?? 0
        try check.require(
            epochs >= 0 && epochs < Double(recipe.training.epochs), "schedule.warm-up",
            "0 to below training.epochs (\(recipe.training.epochs))", epochs)
        try check.require(
            (0...Int(Int32.max)).contains(warmUpSteps ?? 0), "schedule.warm-up-steps",
            "0 to \(Int32.max)", warmUpSteps ?? 0)
        let start = warmUpStart ?? 1
        try check.require(
            start > 0 && start <= 1, "schedule.warm-up-start", "above 0 to 1", start)
    }

    /// Refuses what would be read and then ignored.
    private func checkFit(_ check: RecipeCheck) throws {
        let owners: [(key: String, isSet: Bool, names: [Name])] = [
            ("every", every != nil, [.step]), ("factor", factor != nil, [.step, .plateau]),
            ("minimum", minimum != nil, [.cosine, .warmRestarts, .plateau]),
            ("period", period != nil, [.warmRestarts]), ("growth", growth != nil, [.warmRestarts]),
            ("power", power != nil, [.polynomial]), ("patience", patience != nil, [.plateau]),
            ("threshold", threshold != nil, [.plateau]),
        ]
        for owner in owners where owner.isSet {
            try check.require(
                owner.names.contains(name), "schedule.\(owner.key)",
                "schedule.name " + owner.names.map(\.rawValue).joined(separator: " or "),
                name.rawValue)
        }
        try check.require(
            warmUpStart == nil || warmUp != nil || warmUpSteps != nil, "schedule.warm-up-start",
            "warm-up or warm-up-steps beside it", "none")
    }
}
