import DurableFiles
import TensorCore

/// Picks members one after another, each time the one that most helps the mean of the images' Dice
/// (Caruana, Niculescu-Mizil, Crew and Ksikes, "Ensemble selection from libraries of models", ICML
/// 2004).
///
/// An image counts only by voters among the picked. One that has none of them counts by the mean of
/// its voters' own scores, so that all sets are compared on the same images, whoever speaks of them.
struct GreedySearch {
    private let images: [FitSample.Image]
    /// By member and class: what one pick counts.
    private let weights: [[Double]]
    private let score: SampleScore
    /// Of every image what the picked say together; nil where none of them speaks of it.
    private var sums: [Combiner?]
    private var scores: [Double?]

    init(_ images: [FitSample.Image], weights: [[Double]], score: SampleScore) {
        self.images = images
        self.weights = weights
        self.score = score
        sums = [Combiner?](repeating: nil, count: images.count)
        scores = SampleScore.parallel(images) { image in
            SampleScore.mean(
                image.voters.indices.map { place in
                    var alone = score.empty(image)
                    score.add(place, of: image, weights: weights[image.voters[place]], to: &alone)
                    return score.dice(alone, image)
                })
        }
    }

    /// A pick, and the mean score with it.
    struct Pick: Hashable {
        var member: Int
        var score: Double?
    }

    /// Picks the best of some members; of equal ones the first.
    mutating func pick(among candidates: [Int]) -> Pick {
        let tried: [[Double?]?] = SampleScore.parallel(Array(images.indices)) { index in
            candidates.map { member in
                adding(member, index).map { score.dice($0, images[index]) } ?? scores[index]
            }
        }
        var best = Pick(member: candidates[0], score: nil)
        for (place, member) in candidates.enumerated() {
            let mean = SampleScore.mean(tried.map { $0.flatMap { $0[place] } })
            if place == 0 || (mean ?? -1) > (best.score ?? -1) {
                best = Pick(member: member, score: mean)
            }
        }
        for index in images.indices {
            guard let sum = adding(best.member, index) else { continue }
            sums[index] = sum
            scores[index] = score.dice(sum, images[index])
        }
        return best
    }

    /// What the picked and one more say of an image; nil where this one does not speak of it.
    private func adding(_ member: Int, _ index: Int) -> Combiner? {
        guard let place = images[index].voters.firstIndex(of: member) else { return nil }
        var sum = sums[index] ?? score.empty(images[index])
        score.add(place, of: images[index], weights: weights[member], to: &sum)
        return sum
    }

    /// Members that speak of some image, in manifest order.
    private static func speaking(_ images: [FitSample.Image], among members: [Int]) -> [Int] {
        let voters = Set(images.flatMap(\.voters))
        return members.filter(voters.contains)
    }

    /// How often each member is picked in the best of the sets that `picks` picks with replacement go
    /// through; of equal sets the smallest.
    static func selection(
        _ images: [FitSample.Image], members: Int, picks: Int, score: SampleScore
    ) throws -> [Int] {
        let one = [Double](repeating: 1, count: score.classes)
        let candidates = speaking(images, among: Array(0..<members))
        var search = GreedySearch(
            images, weights: [[Double]](repeating: one, count: members), score: score)
        var counts = [Int](repeating: 0, count: members)
        var best: (counts: [Int], score: Double)?
        for _ in 0..<picks {
            try StopSignal.throwIfReceived()
            let pick = search.pick(among: candidates)
            counts[pick.member] += 1
            if best.map({ (pick.score ?? -1) > $0.score }) ?? true {
                best = (counts, pick.score ?? -1)
            }
        }
        return best?.counts ?? counts
    }

    /// Members by usefulness, and the score of every beginning of that list. Members that speak of no
    /// image come last, in manifest order.
    static func order(
        _ images: [FitSample.Image], members: [Int], weights: [[Double]], score: SampleScore
    ) throws -> [Pick] {
        var search = GreedySearch(images, weights: weights, score: score)
        var left = speaking(images, among: members)
        var picks: [Pick] = []
        while !left.isEmpty {
            try StopSignal.throwIfReceived()
            let pick = search.pick(among: left)
            left.removeAll { $0 == pick.member }
            picks.append(pick)
        }
        let silent = members.filter { member in !picks.contains { $0.member == member } }
        return picks + silent.map { Pick(member: $0, score: picks.last?.score) }
    }
}
