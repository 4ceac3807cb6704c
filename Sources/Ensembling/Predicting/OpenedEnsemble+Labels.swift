import DurableFiles
import SegmentationData
import Training

extension OpenedEnsemble {
    /// The label of every class in a table of run lengths, nil for one without rows: those of the table
    /// that the data are declared by, or else of the one that the members were trained on.
    ///
    /// - Parameter masks: how the masks of the predicted data are declared; empty where they are not.
    /// - Throws: `FloeError` of kind `usage` where a class has no label, and where the members were
    ///   trained on tables of different ones.
    public func runLengthLabels(masks: [MaskSource]) throws -> [String?] {
        func labels(_ masks: [MaskSource]) throws -> [String?] {
            try RunLengthLabels.ofClasses(
                output.classes.map(\.name), isExclusive: output.activation == .softmax,
                hasBackground: output.hasBackground, masks: masks)
        }
        if masks.contains(where: { $0.runs != nil }) { return try labels(masks) }
        var known: [String?]?
        for member in members {
            guard let own = try member.manifest.maskSources(file: member.path) else { continue }
            let found = try labels(own)
            guard let before = known else {
                known = found
                continue
            }
            guard found == before else {
                throw FloeError(
                    .usage, file: member.path,
                    "members that were trained on run lengths of other labels",
                    expected: Self.words(before), got: Self.words(found),
                    advice: "name by --data a data set whose masks have the labels to write")
            }
        }
        return try known ?? labels([])
    }

    private static func words(_ labels: [String?]) -> String {
        labels.compactMap { $0 }.joined(separator: ", ")
    }
}
