import TensorCore
import Testing

@testable import Ensembling

@Suite struct SubsetPlanTests {
    private static func equal(_ members: Int) -> [[Double]] {
        [[Double]](repeating: [1], count: members)
    }

    @Test func fewMembersAreCombinedInAllWays() {
        let plan = SubsetPlan(weights: Self.equal(3))
        #expect(plan.subsets == [[0], [0, 1], [0, 1, 2], [0, 2], [1], [1, 2], [2]])
        #expect(
            plan.bySize.map { $0.map { plan.subsets[$0] } } == [
                [[0], [1], [2]], [[0, 1], [0, 2], [1, 2]], [[0, 1, 2]],
            ])
        #expect(plan.without.map { $0.map { plan.subsets[$0] } } == [[1, 2], [0, 2], [0, 1]])
        #expect(plan.orders == nil)
        #expect(SubsetPlan(weights: Self.equal(5)).subsets.count == 31)
    }

    @Test func oneMemberHasNoOthers() {
        let plan = SubsetPlan(weights: Self.equal(1))
        #expect(plan.subsets == [[0]] && plan.bySize == [[0]] && plan.without == [nil])
    }

    @Test func manyMembersAreAddedInRandomOrders() {
        let plan = SubsetPlan(weights: Self.equal(10), orders: 12, seed: 3)
        #expect(plan.orders == 12)
        #expect(plan.bySize.allSatisfy { $0.count == 12 } && plan.bySize.count == 10)
        for (size, places) in plan.bySize.enumerated() {
            #expect(places.allSatisfy { plan.subsets[$0].count == size + 1 })
        }
        // Each order adds one member at a time.
        for order in 0..<12 {
            for (small, large) in zip(plan.bySize, plan.bySize.dropFirst()) {
                #expect(
                    Set(plan.subsets[small[order]]).isSubset(of: plan.subsets[large[order]]))
            }
        }
        #expect(Set(plan.bySize[9].map { plan.subsets[$0] }) == [Array(0..<10)])
        #expect(
            plan.without.enumerated().allSatisfy { member, place in
                place.map { plan.subsets[$0] } == (0..<10).filter { $0 != member }
            })
        #expect(SubsetPlan(weights: Self.equal(10), orders: 12, seed: 3) == plan)
        #expect(SubsetPlan(weights: Self.equal(10), orders: 12, seed: 4) != plan)
    }

    /// A curve is the same by every release of the standard library.
    @Test func ordersAreThoseOfOurOwnShuffle() {
        let plan = SubsetPlan(weights: Self.equal(9), orders: 5, seed: 2)
        for number in 0..<5 {
            var stream = RandomStream(seed: 2, purpose: .subset, sample: number)
            var order = Array(0..<9)
            stream.shuffle(&order)
            for (size, places) in plan.bySize.enumerated() {
                #expect(plan.subsets[places[number]] == order[...size].sorted())
            }
        }
    }

    @Test func valuesBySize() {
        let plan = SubsetPlan(weights: Self.equal(3))
        // [0], [0, 1], [0, 1, 2], [0, 2], [1], [1, 2], [2]
        let sizes = plan.sizes(of: [0.5, 0.75, nil, nil, 0.25, 0.25, nil])
        #expect(sizes.map(\.members) == [1, 2] && sizes.map(\.count) == [2, 2])
        #expect(sizes.map(\.mean) == [0.375, 0.5])
        #expect(sizes.map(\.lowest) == [0.25, 0.25] && sizes.map(\.highest) == [0.5, 0.75])
        #expect(sizes.map(\.places) == [[0, 4, 6], [1, 3, 5]])
    }

    @Test func membersWithoutWeightDoNotVote() {
        let plan = SubsetPlan(weights: [[1, 0], [0, 0], [0, 1]])
        #expect(plan.subsets == [[0, 2]])
        #expect(plan.bySize.map(\.count) == [0, 1])
        #expect(plan.without == [nil, nil, nil])
    }

    /// What a walk along the tree sums is what each subset gives on its own.
    @Test(arguments: [4, 8]) func sumsAreThoseOfTheMembers(_ count: Int) {
        let rule = Combiner.Rule(
            method: .softVoting, space: .probability, isExclusive: false, thresholds: [0.5])
        let values = (0..<count).map { Float($0 * $0 + 1) / 100 }
        func add(_ member: Int, _ combiner: inout Combiner) {
            combiner.add([values[member]], weights: [Double(member + 1)], thresholds: [0.5])
        }
        let empty = Combiner(rule, classes: 1, pixels: 1)
        let plan = SubsetPlan(weights: (0..<count).map { [Double($0 + 1)] })
        var seen: [Int] = []
        SubsetPlan.combine(plan.subsets, empty, adding: add) { place, combiner in
            seen.append(place)
            var own = empty
            for member in plan.subsets[place] { add(member, &own) }
            #expect(combiner.probabilities() == own.probabilities())
        }
        #expect(seen == Array(plan.subsets.indices))
    }
}
