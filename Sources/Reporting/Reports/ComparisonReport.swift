import Ensembling
import Foundation

/// The page of a comparison: members against their ensemble, so that a careful reader believes it.
public struct ComparisonReport {
    let comparison: Comparison
    let members: [ReportedMember]
    let outOfBag: OutOfBagRecord?
    let gallery: HTML?
    let provenance: [(name: String, value: String)]

    /// - Parameters:
    ///   - members: how they were made; empty where that is not known.
    ///   - outOfBag: the ensemble's record, where it has one.
    ///   - gallery: the best and the worst images, drawn.
    ///   - provenance: further lines for the foot of the page.
    public init(
        _ comparison: Comparison, members: [ReportedMember] = [],
        outOfBag: OutOfBagRecord? = nil, gallery: HTML? = nil,
        provenance: [(name: String, value: String)] = []
    ) {
        self.comparison = comparison
        self.members = members
        self.outOfBag = outOfBag
        self.gallery = gallery
        self.provenance = provenance
    }

    /// The page; the same comparison gives the same bytes.
    public var page: HTMLPage {
        HTMLPage(
            title: comparison.ensemble,
            subtitle: "\(NumberText.counted(memberRows.count, "member")) against their ensemble on "
                + "\(NumberText.counted(comparison.images, "image")) of \(comparison.data), split \(comparison.split)",
            verdict: verdict, facts: facts,
            sections: [
                summary, images, size, classes, probabilities, uncertainty, pairs, training,
                outOfBagSection, pictures,
            ].compactMap { $0 },
            provenance: [
                ("software", comparison.software), ("created", comparison.created),
                ("data", comparison.data), ("split", comparison.split),
                ("loss", comparison.loss),
                ("absent classes", "\(comparison.absentClasses.rawValue), per-image means"),
                ("post-processing", comparison.postprocessing?.joined(separator: "; ") ?? "none"),
                ("test-time augmentation", comparison.testTime?.words ?? "not recorded"),
            ] + provenance)
    }

    // MARK: Rows

    var memberRows: [Comparison.Row] { comparison.rows.filter { $0.kind == .member } }
    var ensembleRow: Comparison.Row? { comparison.rows.first { $0.kind == .ensemble } }
    var meanRow: Comparison.Row? { comparison.rows.first { $0.kind == .meanMember } }

    /// The ensemble against the mean member.
    var mainDifference: Comparison.Difference? {
        comparison.differences.first { $0.against == meanRow?.name }
    }

    /// A member's own look in all charts.
    func style(of name: String) -> SeriesStyle {
        memberRows.firstIndex { $0.name == name }.map(SeriesStyle.series) ?? .ensemble
    }

    // MARK: What came out

    /// One sentence, which claims no more than the interval allows.
    var verdict: String? {
        guard memberRows.count > 1 else {
            return "A single member: there is nothing to compare it with."
        }
        guard let difference = mainDifference, let ensemble = ensembleRow?.dice else { return nil }
        let dice = "Dice \(NumberText.fixed(ensemble, 3))"
        let gain = NumberText.signed(difference.mean, 4)
        guard let lower = difference.lower, let upper = difference.upper else {
            return "\(dice), \(gain) against the mean member; one independent image or group is "
                + "too few to say how sure that is."
        }
        let interval =
            "95 % interval \(NumberText.signed(lower, 4)) to \(NumberText.signed(upper, 4))"
        if lower > 0 {
            return "The ensemble beats its mean member: \(dice), \(gain) (\(interval))."
        }
        if upper < 0 {
            return "The ensemble is worse than its mean member: \(dice), \(gain) (\(interval))."
        }
        return "No clear difference between the ensemble and its mean member: \(dice), "
            + "\(gain) (\(interval), which holds zero)."
    }

    private var facts: [HTMLPage.Fact] {
        let zeros = comparison.zeroDice.ensemble
        var facts = [
            HTMLPage.Fact(
                "Dice, ensemble", NumberText.fixed(ensembleRow?.dice, 3),
                note: "mean of \(NumberText.counted(comparison.scoredImages, "image"))"
                    + (ensembleRow?.diceInterval.map {
                        ", \(NumberText.fixed($0.lower, 3)) to \(NumberText.fixed($0.upper, 3))"
                    } ?? "") + (zeros > 0 ? "; \(NumberText.count(zeros)) with Dice 0" : ""))
        ]
        if let difference = mainDifference {
            facts.append(
                .init(
                    "against the mean member", NumberText.signed(difference.mean, 4),
                    note: "better on \(difference.wins), equal on \(difference.ties), "
                        + "worse on \(difference.losses)"))
        }
        if let best = comparison.bestMember {
            facts.append(
                .init(
                    "best member by validation",
                    NumberText.fixed(memberRows.first { $0.name == best }?.dice, 3), note: best))
        }
        if let outOfBag = comparison.outOfBag {
            facts.append(
                .init(
                    "Dice out of bag", NumberText.fixed(outOfBag.score.values["dice"], 3),
                    note: "\(outOfBag.coverage.images) of \(outOfBag.coverage.total) images"
                        + (outOfBag.score.isOptimistic ? ", too good" : "")))
        }
        if let minutes = ensembleRow?.minutes {
            facts.append(
                .init(
                    "training", NumberText.duration(seconds: 60 * minutes), note: "all members"))
        }
        return facts
    }

    /// What spoils the comparison, in a line each.
    var warnings: [String] {
        var lines: [String] = []
        if !comparison.missingMembers.isEmpty {
            let count = comparison.missingMembers.count
            lines.append(
                "\(NumberText.counted(count, "member")) of the ensemble \(count == 1 ? "is" : "are") "
                    + "missing; this is the comparison of the others.")
        }
        if let seen = comparison.seenInTraining, seen > 0 {
            lines.append(
                "Members were trained on \(seen) of these \(comparison.images) images: the scores "
                    + "are too good.")
        }
        if let fitted = comparison.fittedImages, fitted > 0 {
            lines.append(
                "The ensemble was fitted on \(fitted) of these images: its scores are too good.")
        }
        return lines
    }
}
