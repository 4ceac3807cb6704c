import NeuralNetworks
import Testing

@testable import Ensembling

/// Members and images small enough to reckon by hand: one class, four pixels, the first two of
/// which are of the class.
@Suite struct GreedySearchTests {
    private static func image(
        _ answers: [[Float]], voters: [Int]? = nil, truth: [UInt8] = [1, 1, 0, 0]
    ) -> FitSample.Image {
        FitSample.Image(
            voters: voters ?? Array(answers.indices),
            truth: TargetBatch(
                kind: .sigmoid, batch: 1, classes: 1, height: 1, width: 4, labels: truth),
            answers: answers)
    }

    private static func score(
        _ members: Int, method: Combiner.Method = .softVoting
    ) -> SampleScore {
        SampleScore(
            rule: .init(
                method: method, space: .probability, isExclusive: false, thresholds: [0.5]),
            thresholds: [[Double]](repeating: [0.5], count: members), absent: .skip,
            skipsBackground: false)
    }

    private static func selection(
        _ images: [FitSample.Image], members: Int, picks: Int,
        method: Combiner.Method = .softVoting
    ) throws -> [Int] {
        try GreedySearch.selection(
            images, members: members, picks: picks, score: score(members, method: method))
    }

    private static func order(
        _ images: [FitSample.Image], members: Int, weights: [Double]? = nil
    ) throws -> [GreedySearch.Pick] {
        try GreedySearch.order(
            images, members: Array(0..<members),
            weights: weights?.map { [$0] } ?? [[Double]](repeating: [1], count: members),
            score: score(members))
    }

    /// Each finds one half.
    private static let left: [Float] = [0.9, 0.3, 0.1, 0.1]
    private static let right: [Float] = [0.2, 0.8, 0.1, 0.1]
    /// Finds all, and half of what is not there.
    private static let bold: [Float] = [0.9, 0.9, 0.9, 0.1]
    /// As the left one, and in the way of the right one.
    private static let timid: [Float] = [0.6, 0.1, 0.1, 0.1]
    private static let wrong: [Float] = [0.1, 0.1, 0.9, 0.9]

    @Test func complementaryMembersArePicked() throws {
        let images = [Self.image([Self.timid, Self.left, Self.wrong, Self.right])]
        // Alone the first is as good as the others; with the right one only the left is whole.
        #expect(try Self.selection(images, members: 4, picks: 1) == [1, 0, 0, 0])
        let better = [Self.image([Self.left, Self.timid, Self.wrong, Self.right])]
        #expect(try Self.selection(better, members: 4, picks: 2) == [1, 0, 0, 1])
        // Further picks add nothing, and the smaller set stays.
        #expect(try Self.selection(better, members: 4, picks: 9) == [1, 0, 0, 1])
        let order = try Self.order(better, members: 4)
        #expect(order.prefix(2).map(\.member) == [0, 3])
        expectClose(order[0].score, 2.0 / 3)
        expectClose(order[1].score, 1)
        #expect(Set(order.map(\.member)) == [0, 1, 2, 3])
    }

    /// 0.8 of what is there: the best alone comes first, wherever it stands.
    @Test func theBestComesFirst() throws {
        let images = [Self.image([Self.wrong, Self.timid, Self.bold])]
        #expect(try Self.selection(images, members: 3, picks: 1) == [0, 0, 1])
        let order = try Self.order(images, members: 3)
        #expect(order.map(\.member) == [2, 1, 0])
        expectClose(order[0].score, 0.8)
        // 0.75, 0.5, 0.5, 0.1.
        expectClose(order[1].score, 0.8)
    }

    /// Only twice the first and once the second are right on both pixels: 0.517 and 0.533.
    @Test func membersArePickedAgain() throws {
        let images = [Self.image([[0.6, 0.4, 0.1, 0.1], [0.35, 0.8, 0.1, 0.1]])]
        #expect(try Self.selection(images, members: 2, picks: 2) == [1, 0])
        #expect(try Self.selection(images, members: 2, picks: 3) == [2, 1])
        #expect(try Self.selection(images, members: 2, picks: 8) == [2, 1])
    }

    @Test func tiesGoToTheFirst() throws {
        let images = [Self.image([Self.left, Self.left, Self.left])]
        #expect(try Self.selection(images, members: 3, picks: 4) == [1, 0, 0])
        #expect(try Self.order(images, members: 3).map(\.member) == [0, 1, 2])
    }

    /// The first member knows one image, the second both; each image counts by its own voters.
    @Test func onlyVotersSpeak() throws {
        let images = [
            Self.image([Self.bold, Self.wrong], voters: [0, 1]),
            Self.image([Self.right], voters: [1]),
        ]
        // The first alone: 0.8, and for the image that it may not speak of the voter's own 2/3.
        var search = GreedySearch(images, weights: [[1], [1]], score: Self.score(2))
        let first = search.pick(among: [0, 1])
        #expect(first.member == 0)
        expectClose(first.score, (0.8 + 2.0 / 3) / 2)
        // With the second the first image has 0.5, 0.5, 0.9, 0.5: all four, two of them rightly.
        let both = search.pick(among: [0, 1])
        #expect(both.member == 0)
        expectClose(both.score, (0.8 + 2.0 / 3) / 2)
        // After two picks of the first it is 0.63, 0.63, 0.9, 0.37.
        let second = search.pick(among: [1])
        expectClose(second.score, (0.8 + 2.0 / 3) / 2)
        #expect(try Self.selection(images, members: 2, picks: 3) == [1, 0])
        // A member that speaks of nothing is not picked, and comes last.
        #expect(try Self.selection(images, members: 3, picks: 2) == [1, 0, 0])
        #expect(try Self.order(images, members: 3).map(\.member) == [0, 1, 2])
    }

    @Test func weightsCountInAnOrder() throws {
        let images = [Self.image([Self.bold, Self.left, Self.right])]
        let order = try Self.order(images, members: 3, weights: [0.1, 0.45, 0.45])
        #expect(order[0].member == 0)
        // Of the two halves both make it whole: 0.9, (0.09 + 0.135) / 0.55 is 0.41, 0.245.
        let last = try #require(order.last)
        expectClose(last.score, 1)
    }

    @Test func votesArePickedToo() throws {
        let images = [Self.image([Self.wrong, Self.left, Self.right])]
        let counts = try Self.selection(images, members: 3, picks: 3, method: .hardVoting)
        #expect(counts[0] == 0 && counts[1] > 0)
    }

    /// An image without the class, in truth or answer, has no score and decides nothing.
    @Test func aClassOfNobodyIsSkipped() throws {
        let none: [Float] = [0.1, 0.1, 0.1, 0.1]
        let images = [Self.image([none, none], truth: [0, 0, 0, 0])]
        #expect(try Self.selection(images, members: 2, picks: 2) == [1, 0])
        #expect(try Self.order(images, members: 2).map(\.score) == [nil, nil])
    }

    @Test func oneMemberIsItself() throws {
        let images = [Self.image([Self.left])]
        #expect(try Self.selection(images, members: 1, picks: 3) == [1])
        #expect(try Self.order(images, members: 1).map(\.member) == [0])
    }
}
