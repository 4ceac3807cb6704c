import Testing

@testable import Ensembling

@Suite struct PairedDifferenceTests {
    @Test func onlyImagesWithBothArePaired() throws {
        let paired = PairedDifference(groups: ["a", "b", "c", "d"])
        let difference = try #require(
            paired([0.5, nil, 0.75, 1], minus: [0.25, 0.5, 1, nil], named: "x"))
        #expect(difference.against == "x" && difference.mean == 0)
        #expect(
            (difference.wins, difference.ties, difference.losses, difference.groups) == (1, 0, 1, 2)
        )
        #expect(difference.adjustedPValue == nil)
        #expect(paired([nil, 1, nil, 1], minus: [1, nil, 1, nil], named: "x") == nil)
    }

    @Test func groupsAreOneWitness() throws {
        let paired = PairedDifference(groups: ["a", "a", "a", "b"])
        let difference = try #require(
            paired([1, 1, 1, 0], minus: [0, 0, 0, 1], named: "x"))
        #expect(difference.groups == 2 && difference.wins == 3)
        #expect(difference.pValue == 1)
    }

    @Test func intervalsAreOverGroups() throws {
        let single = PairedDifference(groups: ["a", "a"])
        #expect(single.interval(of: [0.1, 0.9]) == nil)
        let paired = PairedDifference(groups: ["a", "b", "c", "d"])
        let interval = try #require(paired.interval(of: [0.2, 0.4, nil, 0.6]))
        #expect(interval.lower >= 0.2 && interval.lower < 0.4)
        #expect(interval.upper <= 0.6 && interval.upper > 0.4)
        #expect(paired.interval(of: [nil, nil, nil, 1]) == nil)
    }

    @Test func holmLeavesGapsWhereNothingWasTested() {
        let paired = PairedDifference(groups: (0..<6).map(String.init))
        let clear = paired([1, 1, 1, 1, 1, 1], minus: [0, 0, 0, 0, 0, 0], named: "clear")
        let equal = paired([1, 1, 1, 1, 1, 1], minus: [1, 1, 1, 1, 1, 1], named: "equal")
        let adjusted = [clear, nil, equal].holmAdjusted
        #expect(adjusted[0]?.pValue == 0.03125 && adjusted[0]?.adjustedPValue == 0.0625)
        #expect(adjusted[1] == nil)
        #expect(adjusted[2]?.adjustedPValue == 1)
    }
}
