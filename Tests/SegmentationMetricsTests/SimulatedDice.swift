import Foundation
import SegmentationMetrics
import TensorCore

/// Differences of Dice per image between members and their ensemble, as comparisons meet them, with a
/// known mean.
///
/// Images differ in how hard they are, which all models feel alike, so that scores are skewed and
/// correlated. A tenth of the images is trivial and scores 1 for everyone. With a miss rate a
/// member misses some objects altogether (Dice 0), the ensemble only where most of its five do. Scores are
/// rounded to 1/200, as small objects round them. Differences are therefore often exactly zero and
/// now and then very large.
struct SimulatedDice {
    /// What is subtracted from what.
    enum Comparison: String, CaseIterable, Sendable {
        /// The ensemble minus a member that is as good as the others.
        case ensembleAgainstMember = "ensemble - member"
        /// The ensemble minus a member that is worse and misses more.
        case ensembleAgainstWeakMember = "ensemble - weak member"
        /// One member minus another of equal skill: nothing.
        case memberAgainstEqual = "member - equal member"

        /// The mean difference over all images there could be, from 40 million of them (standard
        /// error below 0.00004); nil for miss rates other than 0 and 0.03.
        func truth(missRate: Double) -> Double? {
            guard missRate == 0 || missRate == 0.03 else { return nil }
            return switch self {
            case .ensembleAgainstMember: missRate == 0 ? 0.020313 : 0.042695
            case .ensembleAgainstWeakMember: missRate == 0 ? 0.058826 : 0.121949
            case .memberAgainstEqual: 0
            }
        }
    }

    var stream: RandomStream
    /// How often a member misses an object altogether; a weak one three times as often.
    var missRate = 0.0

    /// The difference of one image.
    ///
    /// - Parameter shared: what a photo adds to the difficulty and to the members' errors; nil for
    ///   images of their own.
    mutating func difference(_ comparison: Comparison, of shared: Photo? = nil) -> Double {
        let difficulty = shared.map { $0.difficulty + 0.5 * stream.normal() } ?? stream.normal()
        let isTrivial = stream.chance(0.1)
        let isWeak = comparison == .ensembleAgainstWeakMember
        var scores: [Double] = []
        var (sum, misses) = (0.0, 0)
        for member in 0..<5 {
            let skill = isWeak && member == 0 ? -0.4 : 0.0
            let own =
                shared.map { $0.errors[member] + 0.3 * stream.normal() } ?? 0.5 * stream.normal()
            let isMissed = stream.chance(isWeak && member == 0 ? 3 * missRate : missRate)
            sum += own + skill
            misses += isMissed ? 1 : 0
            scores.append(isMissed ? 0 : Self.dice(difficulty + own + skill))
        }
        let gain = 0.15 + 0.1 * stream.normal()
        let ensemble = misses > 2 ? 0 : Self.dice(difficulty + sum / 5 + gain)
        if isTrivial { return 0 }
        return comparison == .memberAgainstEqual ? scores[1] - scores[0] : ensemble - scores[0]
    }

    mutating func differences(_ comparison: Comparison, images: Int) -> [Double] {
        (0..<images).map { _ in difference(comparison) }
    }

    /// What the patches of one photo have in common.
    struct Photo {
        var difficulty: Double
        var errors: [Double]
    }

    /// The differences of patches of photos, photo after photo.
    mutating func differences(
        _ comparison: Comparison, photos: Int, patches: Int
    ) -> [Double] {
        var differences: [Double] = []
        for _ in 0..<photos {
            let photo = Photo(
                difficulty: 0.75.squareRoot() * stream.normal(),
                errors: (0..<5).map { _ in 0.4 * stream.normal() })
            for _ in 0..<patches { differences.append(difference(comparison, of: photo)) }
        }
        return differences
    }

    private static func dice(_ quality: Double) -> Double {
        (200 / (1 + exp(-2 - quality))).rounded() / 200
    }
}
