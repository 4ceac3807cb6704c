import DurableFiles

/// What of an ensemble's combination is to be fitted; done in the order of these properties, each
/// seeing the result of those before.
public struct CombineFitPlan: Hashable, Sendable {
    /// Members are picked so many times, one after another; nil leaves them all.
    public var picks: Int?
    public var weights: Bool
    /// Whether each sigmoid class has weights of its own.
    public var perClass: Bool
    public var order: Bool
    public var temperature: Bool

    public static let largestPicks = 1000

    public init(
        picks: Int? = nil, weights: Bool = false, perClass: Bool = false, order: Bool = false,
        temperature: Bool = false
    ) {
        self.picks = picks
        self.weights = weights
        self.perClass = perClass
        self.order = order
        self.temperature = temperature
    }

    public var isEmpty: Bool { picks == nil && !weights && !order && !temperature }

    /// Whether a part is to be fitted.
    public func names(_ part: CombineFit.Part) -> Bool {
        switch part {
        case .selection: picks != nil
        case .weights: weights
        case .order: order
        case .temperature: temperature
        }
    }

    /// Whether members are weighed against one another.
    var comparesMembers: Bool { picks != nil || weights || order }
    /// Whether masks are scored.
    var needsDice: Bool { picks != nil || order }
    /// Whether probabilities are.
    var needsLogLoss: Bool { weights || temperature }

    /// Refuses to fit again on other images what stays as it was where nothing is gained: its
    /// record would then name images that it was not found on.
    ///
    /// - Throws: `FloeError` of kind `usage`.
    func checkSources(
        of ensemble: OpenedEnsemble, fingerprint: SHA256Digest?, ids: SHA256Digest
    ) throws {
        for fit in ensemble.manifest.combine.fits ?? [] {
            // Picks replace weights in any case.
            let mayStay = fit.part == .weights && picks == nil || fit.part == .temperature
            guard mayStay, names(fit.part), fit.ids != ids || fit.fingerprint != fingerprint
            else { continue }
            throw FloeError.fittedElsewhere(fit.part.rawValue, fit.split, fit.data, ensemble.path)
        }
    }

    /// Refuses what the ensemble's way of combining has no use for.
    ///
    /// - Throws: `FloeError` of kind `usage`.
    func check(_ ensemble: OpenedEnsemble) throws {
        let rule = ensemble.rule
        func refuse(_ what: String, _ expected: String) -> FloeError {
            FloeError(
                .usage, file: ensemble.path, "\(what) cannot be fitted", expected: expected,
                got: "combine.method \(rule.method.rawValue)")
        }
        if weights, rule.method != .softVoting { throw refuse("weights", "a mean") }
        if temperature, rule.method != .softVoting { throw refuse("a temperature", "a mean") }
        if picks != nil, rule.method == .staple { throw refuse("a selection", "a mean or votes") }
        if order, rule.method == .staple { throw refuse("an order", "a mean or votes") }
        if let picks, !(1...Self.largestPicks).contains(picks) {
            throw FloeError(
                .usage, file: ensemble.path, "the number of picks",
                expected: "1 to \(Self.largestPicks)", got: "\(picks)")
        }
        if perClass, rule.isExclusive || !weights {
            throw FloeError(
                .usage, file: ensemble.path, "weights for each class",
                expected: "fitted weights of sigmoid classes",
                got: rule.isExclusive ? "softmax" : "no weights to fit",
                advice: "weights of softmax classes are fitted for all of them together")
        }
    }
}

extension FloeError {
    /// Of a part that was fitted on other images than now.
    static func fittedElsewhere(
        _ part: String, _ split: PostProcessingFit.Split, _ data: String, _ path: String
    ) -> FloeError {
        FloeError(
            .usage, file: path, "\(part) to fit again", expected: "the images of the former fit",
            got: "others than \(split.rawValue) of \(data)",
            advice: "name the ensemble as it was before that fit, or the same --split and --data")
    }
}
