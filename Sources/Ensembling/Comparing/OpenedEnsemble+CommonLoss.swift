import DurableFiles
import ModelZoo
import Training

extension OpenedEnsemble {
    /// One loss for all members and the ensemble, so that their values can be compared: the terms
    /// that the first member was trained with, or plain cross entropy where it does not say.
    ///
    /// A rule weighs classes by each member's own bag. Where members differ in nothing else, the
    /// weights are the means of theirs.
    var commonLoss: [LossSection] {
        let losses = members.map { trainedLoss($0.manifest) }
        guard var common = losses[0] else {
            return [
                LossSection(output.activation == .sigmoid ? .binaryCrossEntropy : .crossEntropy)
            ]
        }
        let bare = losses.map { $0?.map(\.withoutClassWeights) }
        guard bare.allSatisfy({ $0 == bare[0] }) else { return common }
        for index in common.indices {
            let weights = losses.compactMap { $0?[index].givenClassWeights }
            guard weights.count == members.count else { continue }
            common[index].classWeights = .numbers(
                output.classes.indices.map { k in
                    weights.map { $0[k] }.reduce(0, +) / Float(weights.count)
                })
        }
        return common
    }

    /// The loss that a member was trained with; nil where its manifest has none for such classes.
    private func trainedLoss(_ manifest: MemberManifest) -> [LossSection]? {
        guard case .object(let recipe)? = manifest.training?.hyperparameters,
            let tree = recipe["loss"],
            let sections = try? BoundedJSON.decode([LossSection].self, from: tree, file: "loss"),
            !sections.isEmpty,
            sections.allSatisfy({
                $0.fits(
                    isExclusive: output.activation == .softmax, classes: output.classes.map(\.name))
            })
        else { return nil }
        return sections
    }
}

extension LossSection {
    fileprivate var withoutClassWeights: LossSection {
        var section = self
        section.classWeights = nil
        return section
    }

    fileprivate var givenClassWeights: [Float]? {
        guard case .numbers(let numbers)? = classWeights else { return nil }
        return numbers
    }
}
