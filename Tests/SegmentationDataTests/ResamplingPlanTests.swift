import DurableFiles
import Testing

@testable import SegmentationData

struct ResamplingPlanTests {
    let groups = (0..<50).map { "group\($0)" }

    private func bag(
        _ plan: ResamplingPlan, member: Int, present: [[Bool]]? = nil
    ) throws -> Bag {
        try Bag.draw(seed: 3, member: member, groups: groups, plan: plan, classesPresent: present)
    }

    @Test func everyGroupStaysOutOfOneFoldOnly() throws {
        let bags = try (0..<5).map { try bag(.kFold(5), member: $0) }
        #expect(bags.flatMap(\.outOfBagGroups).sorted() == groups.sorted())
        for bag in bags {
            #expect(bag.outOfBagGroups.count == 10 && bag.drawnGroups.count == 40)
            #expect(Set(bag.drawnGroups).isDisjoint(with: bag.outOfBagGroups))
        }
        let folds = try KFold(groups: groups, folds: 5, seed: 3)
        #expect(bags.map(\.outOfBagGroups) == folds.folds)
    }

    @Test func moreMembersThanFoldsDivideAnew() throws {
        let again = try (5..<10).map { try bag(.kFold(5), member: $0).outOfBagGroups }
        #expect(again.flatMap { $0 }.sorted() == groups.sorted())
        #expect(try again[0] != bag(.kFold(5), member: 0).outOfBagGroups)
    }

    @Test func stratifiedFoldsShareARareClass() throws {
        let present = groups.map { [true, $0.hasSuffix("7")] }
        for member in 0..<5 {
            let bag = try bag(.kFold(5, isStratified: true), member: member, present: present)
            #expect(bag.outOfBagGroups.count { $0.hasSuffix("7") } == 1)
        }
        let plain = try (0..<5).map { member in
            try bag(.kFold(5), member: member, present: present).outOfBagGroups
                .count { $0.hasSuffix("7") }
        }
        #expect(plain != [1, 1, 1, 1, 1])
    }

    @Test func foldsThatLackAClassAreDividedAgainForAllMembers() throws {
        // Two groups hold class 1: folds that put both into one leave a member without it.
        let present = groups.map { [true, $0 == "group3" || $0 == "group4"] }
        var redraws: Set<Int> = []
        for member in 0..<2 {
            let plan = ResamplingPlan.kFold(2, classPolicy: .requireClasses)
            let bag = try bag(plan, member: member, present: present)
            #expect(bag.missingClasses.isEmpty)
            redraws.insert(bag.redraws)
        }
        #expect(redraws.count == 1)
    }

    @Test func aHoldOutLeavesItsShareOut() throws {
        let bags = try (0..<8).map { try bag(.holdOut(sampleFraction: 0.8), member: $0) }
        for bag in bags {
            #expect(bag.drawnGroups.count == 40 && Set(bag.drawnGroups).count == 40)
            #expect(bag.outOfBagGroups.count == 10)
        }
        #expect(Set(bags.map(\.outOfBagGroups)).count == 8)
        let present = groups.map { [true, $0.hasSuffix("7")] }
        for member in 0..<8 {
            let plan = ResamplingPlan.holdOut(sampleFraction: 0.8, isStratified: true)
            let bag = try bag(plan, member: member, present: present)
            #expect(bag.drawnGroups.count { $0.hasSuffix("7") } == 4)
        }
    }

    @Test func whatCannotBeIsRefused() throws {
        for plan in [
            ResamplingPlan.kFold(51), .kFold(1), .holdOut(sampleFraction: 1),
            .holdOut(sampleFraction: 0.995), .holdOut(sampleFraction: 1.5),
        ] {
            let error = Fixtures.error { _ = try bag(plan, member: 0) }
            #expect(error?.kind == .usage)
        }
    }
}
