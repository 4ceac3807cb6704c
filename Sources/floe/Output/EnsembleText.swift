import Ensembling
import Reporting

/// An ensemble in one line.
enum EnsembleText {
    static func summary(_ ensemble: OpenedEnsemble) -> String {
        let method =
            switch ensemble.manifest.combine.method {
            case .softVoting: "mean of probabilities"
            case .hardVoting: "votes"
            case .staple: "STAPLE"
            }
        var text = "\(EventText.plural(ensemble.members.count, "member")), \(method)"
        if let temperature = ensemble.manifest.combine.temperature {
            text += ", temperature \(decimal(temperature, 3))"
        }
        if ensemble.postProcessor != nil { text += ", post-processed" }
        if let outOfBag = ensemble.manifest.scores?.outOfBag {
            text +=
                "; out-of-bag dice \(Figures.score(outOfBag.score.values["dice"])) on "
                + "\(outOfBag.coverage.images) of \(outOfBag.coverage.total) images, "
                + "\(decimal(outOfBag.coverage.meanVotes, 1)) votes each"
        }
        return text
    }

    /// The members in their order with their weights, in one line.
    static func weights(_ ensemble: OpenedEnsemble) -> String {
        "Members: "
            + zip(ensemble.names, ensemble.weights).map { name, weights in
                let words = Set(weights).count == 1 ? Array(weights.prefix(1)) : weights
                return "\(name) " + words.map { decimal($0, 3) }.joined(separator: "/")
            }.joined(separator: ", ")
    }
}
