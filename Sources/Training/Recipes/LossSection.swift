import NeuralNetworks

/// One term of `loss:`.
public struct LossSection: Codable, Hashable, Sendable {
    public enum Term: String, Codable, CaseIterable, Sendable {
        case binaryCrossEntropy = "bce"
        case crossEntropy = "cross-entropy"
        case dice

        /// Whether the term is for such classes.
        func fits(isExclusive: Bool) -> Bool {
            switch self {
            case .binaryCrossEntropy: !isExclusive
            case .crossEntropy: isExclusive
            case .dice: true
            }
        }
    }

    public var term: Term
    public var weight = 1.0
    public var classWeights: [Float]?
    public var smooth = 0.0

    public init(_ term: Term) { self.term = term }

    /// Whether the term and its weights are for this many such classes.
    public func fits(isExclusive: Bool, classes: Int) -> Bool {
        guard term.fits(isExclusive: isExclusive) else { return false }
        guard let classWeights else { return true }
        return term == .crossEntropy && classWeights.count == classes
            && classWeights.allSatisfy { $0 >= 0 && $0.isFinite }
            && classWeights.contains { $0 > 0 }
    }

    private enum CodingKeys: String, CodingKey {
        case term, weight, smooth
        case classWeights = "class-weights"
    }

    public init(from decoder: any Decoder) throws {
        if let term = try? decoder.singleValueContainer().decode(Term.self) {
            self.init(term)
            return
        }
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        self.init(try keys.decode(Term.self, forKey: .term))
        weight = try keys.decodeIfPresent(Double.self, forKey: .weight) ?? weight
        classWeights = try keys.decodeIfPresent([Float].self, forKey: .classWeights)
        smooth = try keys.decodeIfPresent(Double.self, forKey: .smooth) ?? smooth
    }
}

extension Loss {
    /// The weighted sum that a recipe describes.
    public init(_ sections: [LossSection]) {
        self.init(
            sections.map { section in
                let term: Term =
                    switch section.term {
                    case .binaryCrossEntropy: .binaryCrossEntropy
                    case .crossEntropy: .crossEntropy(classWeights: section.classWeights)
                    case .dice: .dice(smooth: section.smooth)
                    }
                return Weighted(term, weight: section.weight)
            })
    }
}

extension LossSection {
    func check(_ check: RecipeCheck, of recipe: Recipe) throws {
        let kind = recipe.data.kind
        try check.require(weight > 0, "loss.weight", "more than 0", weight)
        try check.require(smooth >= 0, "loss.smooth", "at least 0", smooth)
        try check.require(
            term.fits(isExclusive: kind == .softmax), "loss.term",
            "a term for \(kind.rawValue) classes", term.rawValue)
        guard let classWeights else { return }
        let classes = recipe.data.classes.count
        try check.require(
            fits(isExclusive: kind == .softmax, classes: classes), "loss.class-weights",
            "\(classes) weights for cross-entropy, none negative", classWeights)
    }
}
