import NeuralNetworks

/// `optimizer:` the rule and its learning rate.
public struct OptimizerSection: Codable, Hashable, Sendable {
    public enum Name: String, Codable, CaseIterable, Sendable {
        case adam, adamw, radam, lion, sgd
    }

    public var name = Name.adam
    public var rate = 1e-3
    public var beta1 = 0.9
    /// 0.99 for `lion`, as its authors have it.
    public var beta2 = 0.999
    public var epsilon = 1e-8
    public var momentum = 0.9
    public var nesterov = false
    /// 0.01 for `adamw`, PyTorch's default: without decay it would be Adam.
    public var weightDecay = 0.0
    /// Whether biases and the parameters of normalisations decay too; nil for true.
    public var decayNorms: Bool?

    /// The defaults of a rule.
    public init(_ name: Name = .adam) {
        self.name = name
        if name == .lion { beta2 = 0.99 }
        if name == .adamw { weightDecay = 0.01 }
    }

    private enum CodingKeys: String, CodingKey {
        case name, rate, beta1, beta2, epsilon, momentum, nesterov
        case weightDecay = "weight-decay"
        case decayNorms = "decay-norms"
    }

    public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        self.init(try keys.decodeIfPresent(Name.self, forKey: .name) ?? .adam)
        rate = try keys.decodeIfPresent(Double.self, forKey: .rate) ?? rate
        beta1 = try keys.decodeIfPresent(Double.self, forKey: .beta1) ?? beta1
        beta2 = try keys.decodeIfPresent(Double.self, forKey: .beta2) ?? beta2
        epsilon = try keys.decodeIfPresent(Double.self, forKey: .epsilon) ?? epsilon
        momentum = try keys.decodeIfPresent(Double.self, forKey: .momentum) ?? momentum
        nesterov = try keys.decodeIfPresent(Bool.self, forKey: .nesterov) ?? nesterov
        weightDecay = try keys.decodeIfPresent(Double.self, forKey: .weightDecay) ?? weightDecay
        decayNorms = try keys.decodeIfPresent(Bool.self, forKey: .decayNorms)
    }

    /// A default that follows from the name is left to it, so that a resolved recipe that is read
    /// again with another name has that one's default, and not what nobody chose.
    public func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        let standard = OptimizerSection(name)
        try keys.encode(name, forKey: .name)
        try keys.encode(rate, forKey: .rate)
        try keys.encode(beta1, forKey: .beta1)
        if beta2 != standard.beta2 { try keys.encode(beta2, forKey: .beta2) }
        try keys.encode(epsilon, forKey: .epsilon)
        try keys.encode(momentum, forKey: .momentum)
        try keys.encode(nesterov, forKey: .nesterov)
        if weightDecay != standard.weightDecay {
            try keys.encode(weightDecay, forKey: .weightDecay)
        }
        try keys.encodeIfPresent(decayNorms, forKey: .decayNorms)
    }

    public var rule: OptimizerRule {
        switch name {
        case .adam:
            .adam(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay)
        case .adamw:
            .adamW(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay)
        case .radam:
            .rAdam(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay)
        case .lion: .lion(beta1: beta1, beta2: beta2, weightDecay: weightDecay)
        case .sgd: .sgd(momentum: momentum, nesterov: nesterov, weightDecay: weightDecay)
        }
    }
}

extension OptimizerSection {
    func check(_ check: RecipeCheck) throws {
        try check.require(rate > 0, "optimizer.rate", "more than 0", rate)
        try check.require((0..<1).contains(beta1), "optimizer.beta1", "0 to below 1", beta1)
        try check.require((0..<1).contains(beta2), "optimizer.beta2", "0 to below 1", beta2)
        try check.require(epsilon > 0, "optimizer.epsilon", "more than 0", epsilon)
        try check.require(
            (0..<1).contains(momentum), "optimizer.momentum", "0 to below 1", momentum)
        try check.require(weightDecay >= 0, "optimizer.weight-decay", "at least 0", weightDecay)
        try check.require(
            decayNorms != false || weightDecay > 0, "optimizer.decay-norms",
            "a weight-decay above 0 beside it", "false")
        try checkOthers(check)
    }

    /// Refuses what another rule takes. A resolved recipe names other rules' keys too, so that only a
    /// value that is not the default can be a mistake.
    private func checkOthers(_ check: RecipeCheck) throws {
        let standard = OptimizerSection(name)
        let isSGD = name == .sgd
        let others: [(key: String, isForeign: Bool, value: Any)] = [
            ("beta1", isSGD && beta1 != standard.beta1, beta1),
            ("beta2", isSGD && beta2 != standard.beta2, beta2),
            ("epsilon", (isSGD || name == .lion) && epsilon != standard.epsilon, epsilon),
            ("momentum", !isSGD && momentum != standard.momentum, momentum),
            ("nesterov", !isSGD && nesterov, nesterov),
        ]
        for (key, isForeign, value) in others {
            try check.require(
                !isForeign, "optimizer.\(key)", "none beside optimizer.name: \(name.rawValue)",
                value)
        }
    }
}
