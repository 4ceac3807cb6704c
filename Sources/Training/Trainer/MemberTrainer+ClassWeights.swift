import DurableFiles
import SegmentationData

extension MemberTrainer {
    /// The terms with their class weights as numbers, by the member's own bag: out-of-bag pixels stay
    /// unseen.
    static func resolvedLoss(_ recipe: Recipe, _ data: MemberData) throws -> [LossSection] {
        guard recipe.loss.contains(where: \.weighsByRule) else { return recipe.loss }
        let frequencies = try ClassFrequencies.of(data.training, in: data.dataset)
        try checkClassWeights(
            of: recipe, member: data.bag.member, occurs: frequencies.present.map { $0 > 0 })
        return recipe.loss.map { section in
            var section = section
            section.classWeights = section.classWeights.map {
                .numbers($0.resolved(frequencies))
            }
            return section
        }
    }

    /// - Parameter occurs: the classes that the member's bag has.
    /// - Throws: `FloeError` of kind `badData` where a rule gives none of a term's classes any weight.
    static func checkClassWeights(
        of recipe: Recipe, member: Int, occurs: [Bool]
    ) throws {
        let classes = recipe.data.classes.map(\.name)
        for section in recipe.loss where section.weighsByRule {
            let ignored = section.ignoreClasses ?? []
            guard !zip(classes, occurs).contains(where: { !ignored.contains($0) && $1 })
            else { continue }
            throw FloeError(
                .badData, file: recipe.data.root,
                "no class of '\(section.term.rawValue)' occurs in the bag of member "
                    + "\(member), so that its class-weights are all 0",
                advice: "set bagging.classes to require-classes, or give numbers")
        }
    }
}

extension LossSection {
    var weighsByRule: Bool {
        if case .rule? = classWeights { true } else { false }
    }
}
