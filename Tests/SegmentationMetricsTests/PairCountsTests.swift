import SegmentationMetrics
import TensorCore
import Testing

@Suite struct PairCountsTests {
    private func counts(_ golden: DiversityCase) -> PairCounts {
        let truth = zip(golden.truth, golden.ignore).map { $1 ? LabelMap.ignore : $0 }
        return PairCounts(
            first: golden.decisions(0), second: golden.decisions(1), truth: truth)
    }

    @Test func theGoldensAreThere() { #expect(DiversityCase.all.count == 7) }

    @Test(arguments: DiversityCase.all)
    func countsAndMeasuresMatchScikitLearn(_ golden: DiversityCase) {
        let counts = counts(golden)
        #expect(
            [
                counts.bothRight, counts.onlyFirstRight, counts.onlySecondRight,
                counts.bothWrongAlike, counts.bothWrongDifferently,
            ] == golden.counts)
        for measure in DiversityMeasure.allCases {
            expectEqual(counts.value(measure), golden.expected(measure), "\(measure)")
        }
    }

    @Test(arguments: DiversityCase.all)
    func itDoesNotMatterWhoOrWhatLeavesAPixelOut(_ golden: DiversityCase) {
        let (first, second) = (golden.decisions(0), golden.decisions(1))
        let expected = counts(golden)
        let ofMember = zip(first, golden.ignore).map { $1 ? LabelMap.ignore : $0 }
        #expect(PairCounts(first: ofMember, second: second, truth: golden.truth) == expected)
        let mask = golden.ignore.map { UInt8($0 ? 3 : 0) }
        #expect(
            PairCounts(first: first, second: second, truth: golden.truth, ignore: mask) == expected)
    }

    @Test func partsAddUpAndBothWaysAreOne() {
        for golden in DiversityCase.all {
            let (first, second, truth) = (golden.decisions(0), golden.decisions(1), golden.truth)
            let whole = PairCounts(first: first, second: second, truth: truth)
            let cut = truth.count / 3
            let parts =
                PairCounts(
                    first: Array(first[..<cut]), second: Array(second[..<cut]),
                    truth: Array(truth[..<cut]))
                + PairCounts(
                    first: Array(first[cut...]), second: Array(second[cut...]),
                    truth: Array(truth[cut...]))
            #expect(parts == whole)
            #expect(whole.pixels == truth.count)
            let swapped = PairCounts(first: second, second: first, truth: truth)
            for measure in DiversityMeasure.allCases {
                expectEqual(swapped.value(measure), whole.value(measure), "\(measure)")
            }
        }
    }

    @Test func independentErrorsHaveNoRelation() {
        let counts = PairCounts(
            bothRight: 720, onlyFirstRight: 180, onlySecondRight: 80, bothWrongAlike: 15,
            bothWrongDifferently: 5)
        #expect(counts.value(.yulesQ) == 0)
        #expect(counts.value(.correlation) == 0)
        #expect(counts.value(.doubleFault) == 0.02)
        #expect(counts.value(.disagreement) == 0.26)
        #expect(counts.value(.differing) == 0.265)
    }

    /// Q goes further from 0 than the correlation and never the other way.
    @Test func theCorrelationIsTheTamerOfTheTwo() throws {
        var stream = RandomStream(seed: 4, purpose: .test)
        for _ in 0..<200 {
            let counts = PairCounts(
                bothRight: 1 + stream.index(below: 50), onlyFirstRight: stream.index(below: 50),
                onlySecondRight: stream.index(below: 50), bothWrongAlike: 1 + stream.index(below: 9)
            )
            guard let rho = counts.value(.correlation) else { continue }
            let q = try #require(counts.value(.yulesQ))
            #expect(abs(rho) <= abs(q) + 1e-12 && rho * q >= 0)
            #expect((-1...1).contains(q))
        }
    }

    @Test func withoutPixelsNothingIsDefined() {
        let counts = PairCounts(first: [1, 0], second: [1, 1], truth: [255, 255])
        #expect(counts == PairCounts())
        for measure in DiversityMeasure.allCases { #expect(counts.value(measure) == nil) }
    }

    /// Products of counts beyond Int.max.
    @Test func countsOfManyImagesDoNotOverflow() {
        let many = 1 << 45
        let counts = PairCounts(
            bothRight: many, onlyFirstRight: many, onlySecondRight: many, bothWrongAlike: many)
        #expect(counts.value(.yulesQ) == 0 && counts.value(.correlation) == 0)
    }
}
