import Ensembling
import SegmentationMetrics
import Training

/// Under what the scores came about, in words that the terminal and the page share.
extension Comparison {
    /// Images with a Dice of the ensemble, which its mean is over.
    var scoredImages: Int { perImage.count { $0.ensembleDice != nil } }

    /// What was done with the masks; nil for nothing.
    var postprocessingText: String? {
        postprocessing.map {
            "Post-processed, members as the ensemble: " + $0.joined(separator: "; ") + "."
        }
    }

    /// Values that the absent-class policy left out of the means, of the row that left out most.
    var mostSkipped: Int { rows.map(\.skipped).max() ?? 0 }

    /// Images that no mean and no difference is over; nil for none.
    var unscoredText: String? {
        let count = perImage.count - scoredImages
        guard count > 0 else { return nil }
        return "Without a Dice of the ensemble, and in none of its means and differences: \(count) "
            + "of \(NumberText.counted(perImage.count, "image"))."
    }

    /// Images with Dice 0 by each model. Intervals of few images do not speak for such failures,
    /// whatever their width, so that the number belongs beside them.
    var zeroDice: (ensemble: Int, members: [Int]) {
        let members = rows.count { $0.kind == .member }
        return (
            perImage.count { $0.ensembleDice == 0 },
            (0..<members).map { position in perImage.count { $0.memberDice[position] == 0 } }
        )
    }

    /// The same in a sentence; nil where no image was scored.
    var zeroDiceText: String? {
        let (ensemble, members) = zeroDice
        guard !perImage.isEmpty, let least = members.min(), let most = members.max() else {
            return nil
        }
        return "Images with Dice 0: \(ensemble) by the ensemble, "
            + (least == most ? "\(most) by each member." : "\(least) to \(most) by a member.")
    }
}

extension Comparison.Difference {
    /// Images that both have a Dice of, which the difference is over.
    var images: Int { wins + ties + losses }

    /// Whether interval and test are over groups of images: several images are then one witness.
    var isGrouped: Bool { groups < images }
}

extension AbsentClassPolicy {
    /// What it does, in words.
    var words: String {
        switch self {
        case .one: "scores 1"
        case .skip: "is not scored"
        case .zero: "scores 0"
        }
    }
}

extension Comparison.TestTime {
    /// What images were predicted under.
    var words: String {
        let all = lists
        let own =
            all.count > 1
            ? "each member's own (\(all.joined(separator: "; ")))" : all.first ?? "none"
        return own + (isOverridden ? ", in place of the members' own" : "")
    }

    /// What scores with it differ from those without by; nil where every image is predicted as it is
    /// and every recipe wants it so.
    var text: String? {
        let all = lists
        guard !all.isEmpty, isOverridden || all != ["none"] else { return nil }
        return "Test-time augmentation: \(words)."
    }

    /// What members differ in, each once.
    private var lists: [String] {
        Set(
            members.map { $0.words.isEmpty ? "none" : $0.words.joined(separator: ", ") }
        ).sorted()
    }
}
