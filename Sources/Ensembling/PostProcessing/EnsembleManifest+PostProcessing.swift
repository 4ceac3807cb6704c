import DurableFiles
import Training

extension EnsembleManifest {
    /// Takes over what a recipe wants done with the masks: thresholds into `combine`, all else into
    /// `postprocessing`.
    ///
    /// - Throws: `FloeError` of kind `badData` where the recipe speaks of classes or thresholds that
    ///   the ensemble does not have.
    mutating func take(_ section: PostProcessingSection, of ensemble: OpenedEnsemble) throws {
        let names = ensemble.output.classes.map(\.name)
        let isExclusive = ensemble.output.activation == .softmax
        if let foreign = section.classes.keys.sorted().first(where: { !names.contains($0) }) {
            throw FloeError(
                .badData, file: ensemble.path,
                "the recipe's postprocessing.classes names a class that the members do not have",
                expected: names.joined(separator: " or "), got: foreign)
        }
        let thresholds = names.map { section.classes[$0]?.threshold }
        if combine.thresholds == nil, thresholds.contains(where: { $0 != nil }) {
            guard !isExclusive, combine.method == .softVoting else {
                throw FloeError(
                    .badData, file: ensemble.path,
                    "thresholds of the recipe's postprocessing.classes",
                    expected: "a mean of sigmoid probabilities",
                    got: isExclusive ? "softmax" : "votes",
                    advice: "leave the thresholds out")
            }
            combine.thresholds = zip(thresholds, ensemble.rule.thresholds).map { $0 ?? $1 }
        }
        let steps = PostProcessing(section, ensemble.output)
        if !steps.classes.isEmpty { postprocessing = steps }
    }
}
