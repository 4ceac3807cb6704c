import NeuralNetworks

/// One term of `loss:`; keys that a term does not take are nil.
public struct LossSection: Codable, Hashable, Sendable {
    public enum Term: String, Codable, CaseIterable, Sendable {
        case binaryCrossEntropy = "bce"
        case crossEntropy = "cross-entropy"
        case focal, dice, tversky, lovasz, boundary
        case classLimit = "class-limit"
        case lowPass = "low-pass"
    }

    public var term: Term
    public var weight = 1.0
    public var classWeights: ClassWeighting?
    public var smooth = 0.0
    /// Of focal the power of 1 - p; of Tversky the root that is taken of each class's loss.
    public var gamma: Double?
    /// Of focal the weight of present labels; of Tversky that of false positives.
    public var alpha: Double?
    /// The weight of false negatives.
    public var beta: Double?
    /// How many classes an image may have.
    public var limit: Double?
    /// The share of an image's pixels, by which a class is there.
    public var share: Double?
    public var labelSmoothing: Double?
    public var ignoreClasses: [String]?

    public init(_ term: Term) {
        self.term = term
        switch term {
        case .focal: gamma = 2
        case .tversky: (alpha, beta) = (0.3, 0.7)
        case .classLimit: (limit, share) = (2, 0.01)
        case .binaryCrossEntropy, .crossEntropy, .dice, .lovasz, .boundary, .lowPass: break
        }
    }

    private enum CodingKeys: String, CodingKey {
        case term, weight, smooth, gamma, alpha, beta, limit, share
        case classWeights = "class-weights"
        case labelSmoothing = "label-smoothing"
        case ignoreClasses = "ignore-classes"
    }

    public init(from decoder: any Decoder) throws {
        let single = try decoder.singleValueContainer()
        if (try? single.decode(String.self)) != nil {
            self.init(try single.decode(Term.self))
            return
        }
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        self.init(try keys.decode(Term.self, forKey: .term))
        weight = try keys.decodeIfPresent(Double.self, forKey: .weight) ?? weight
        classWeights = try keys.decodeIfPresent(ClassWeighting.self, forKey: .classWeights)
        smooth = try keys.decodeIfPresent(Double.self, forKey: .smooth) ?? smooth
        gamma = try keys.decodeIfPresent(Double.self, forKey: .gamma) ?? gamma
        alpha = try keys.decodeIfPresent(Double.self, forKey: .alpha) ?? alpha
        beta = try keys.decodeIfPresent(Double.self, forKey: .beta) ?? beta
        limit = try keys.decodeIfPresent(Double.self, forKey: .limit) ?? limit
        share = try keys.decodeIfPresent(Double.self, forKey: .share) ?? share
        labelSmoothing = try keys.decodeIfPresent(Double.self, forKey: .labelSmoothing)
        ignoreClasses = try keys.decodeIfPresent([String].self, forKey: .ignoreClasses)
    }
}

extension Loss {
    /// The weighted sum that a recipe describes, its class weights resolved to numbers.
    ///
    /// - Parameter classes: the names of the data's classes.
    public init(_ sections: [LossSection], classes: [String]) {
        self.init(sections.map { $0.weighted(classes) })
    }
}

extension LossSection {
    fileprivate func weighted(_ classes: [String]) -> Loss.Weighted {
        var numbers: [Float]?
        switch classWeights {
        case nil: break
        case .numbers(let given): numbers = given
        case .rule(let rule): preconditionFailure("\(rule.rawValue) is not resolved")
        }
        return Loss.Weighted(
            lossTerm, weight: weight, classWeights: numbers,
            ignoredClasses: (ignoreClasses ?? []).compactMap { classes.firstIndex(of: $0) },
            labelSmoothing: labelSmoothing ?? 0)
    }

    private var lossTerm: Loss.Term {
        switch term {
        case .binaryCrossEntropy: .binaryCrossEntropy
        case .crossEntropy: .crossEntropy
        case .focal: .focal(gamma: gamma ?? 0, alpha: alpha)
        case .dice: .dice(smooth: smooth)
        case .tversky:
            .tversky(alpha: alpha ?? 0, beta: beta ?? 0, smooth: smooth, gamma: gamma)
        case .lovasz: .lovasz
        case .boundary: .boundary
        case .classLimit: .classLimit(limit: limit ?? 0, share: share ?? 0)
        case .lowPass: .lowPass
        }
    }
}
