import DurableFiles
import Foundation

extension OpenedEnsemble {
    /// Positions of the members whose weight for some class is above 0; the others change no label.
    var counting: [Int] {
        let weights = weights
        return members.indices.filter { weights[$0].contains { $0 > 0 } }
    }

    /// Of all that the labels come from: members by digest and in order, their shares, the method, the
    /// thresholds.
    public var exitDigest: SHA256Digest {
        let weights = weights
        let lines =
            members.indices.map { index in
                ([members[index].sha256.hex] + weights[index].map { "\($0)" })
                    .joined(separator: " ")
            }
            + [
                "\(rule.method.rawValue) \(rule.space.rawValue) \(output.activation.rawValue)",
                rule.isExclusive ? "" : rule.thresholds.map { "\($0)" }.joined(separator: " "),
                rule.temperature == 1 ? "" : "\(rule.temperature)",
            ].filter { !$0.isEmpty }
        return SHA256Digest.of(Data(lines.joined(separator: "\n").utf8))
    }

    /// Why no member can be left out of this ensemble, in words; nil where some may be.
    ///
    /// - Parameter postprocessing: whether the ensemble's post-processing is applied.
    public func exitObstacle(postprocessing: Bool) -> String? {
        if postprocessing, postProcessor?.needsRunnersUp == true {
            return "the post-processing needs every class's mean probability"
        }
        return rule.exitObstacle
    }

    /// The fitted rule for a risk.
    ///
    /// - Returns: nil where no risk as small was promised when the rule was fitted: only exact early
    ///   exit will do.
    /// - Throws: `FloeError` of kind `usage` where none was fitted, or for another ensemble.
    public func calibratedExit(risk: Double) throws -> CalibratedExit? {
        let advice = "fit it with floe ensemble fit --early-exit"
        guard let fit = manifest.earlyExit else {
            throw FloeError(
                .usage, file: path, "no early exit was fitted for this ensemble", advice: advice)
        }
        guard fit.ensemble == exitDigest else {
            throw FloeError(
                .usage, file: path,
                "early exit was fitted for other members, weights, order or method",
                expected: "\(fit.ensemble)", got: "\(exitDigest)", advice: advice)
        }
        return fit.level(for: risk).map {
            CalibratedExit(
                risk: $0.risk, table: fit.table, threshold: $0.threshold, side: fit.cell)
        }
    }
}

extension Combiner.Rule {
    /// Why no label is settled before the last member has answered, in words; nil where some may be.
    var exitObstacle: String? {
        if method == .staple {
            return "STAPLE weighs every member's decisions by those of all others"
        }
        if !isExclusive, temperature != 1 {
            return "thresholds apply to probabilities after the temperature"
        }
        if method == .softVoting, space == .logit {
            return "one member can outvote all others in a mean of logits"
        }
        return nil
    }
}
