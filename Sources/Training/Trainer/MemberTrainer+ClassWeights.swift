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

    /// Says before the first member is trained that a rule would give all classes of a later one's
    /// bag no weight.
    ///
    /// - Throws: `FloeError` of kind `badData`.
    static func checkClassWeights(of recipe: Recipe, _ dataset: SegmentationDataset) throws {
        // Reading the masks costs time.
        guard recipe.loss.contains(where: \.weighsByRule) else { return }
        let train = try dataset.split().train
        let groups = dataset.groups(of: train)
        let present = Dictionary(
            uniqueKeysWithValues: zip(
                groups, try dataset.classPresence(ofGroups: groups, among: train)))
        for bag in try MemberData.bags(dataset, recipe: recipe) {
            let occurs = recipe.data.classes.indices.map { k in
                bag.drawnGroups.contains { present[$0]?[k] == true }
            }
            try checkClassWeights(of: recipe, member: bag.member, occurs: occurs)
        }
    }

    private static func checkClassWeights(
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
    fileprivate var weighsByRule: Bool {
        if case .rule? = classWeights { true } else { false }
    }
}
