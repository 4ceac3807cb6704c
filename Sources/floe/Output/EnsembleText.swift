import Ensembling
import Reporting

/// An ensemble in one line.
enum EnsembleText {
    static func summary(_ ensemble: OpenedEnsemble) -> String {
        let method =
            switch ensemble.manifest.combine.method {
            case .softVoting: "mean of probabilities"
            case .hardVoting: "votes"
            }
        var text = "\(EventText.plural(ensemble.members.count, "member")), \(method)"
        if ensemble.postProcessor != nil { text += ", post-processed" }
        if let outOfBag = ensemble.manifest.scores?.outOfBag {
            text +=
                "; out-of-bag dice \(Figures.score(outOfBag.score.values["dice"])) on "
                + "\(outOfBag.coverage.images) of \(outOfBag.coverage.total) images, "
                + "\(decimal(outOfBag.coverage.meanVotes, 1)) votes each"
        }
        return text
    }
}
