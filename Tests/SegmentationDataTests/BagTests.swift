import DurableFiles
import Foundation
import Testing

@testable import SegmentationData

struct BagTests {
    let groups = (0..<50).map { "group\($0)" }

    @Test func aBagIsAPureFunction() throws {
        let first = try Bag.draw(seed: 1, member: 3, groups: groups)
        let again = try Bag.draw(seed: 1, member: 3, groups: groups.reversed())
        #expect(first == again)
        #expect(first.drawn.count == 50)
        let sorted = groups.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        #expect(first.drawnGroups == first.drawn.map { sorted[$0] })
        #expect(
            first.digest
                == SHA256Digest.of(Data(first.drawnGroups.map { $0 + "\n" }.joined().utf8)).hex)
        let others = try (0..<20).map {
            try Bag.draw(seed: 1, member: $0, groups: groups).digest
        }
        #expect(Set(others).count == 20)
        let seed = try Bag.draw(seed: 2, member: 3, groups: groups)
        #expect(seed.digest != first.digest)
    }

    @Test func bagAndOutOfBagPartition() throws {
        for member in 0..<30 {
            let bag = try Bag.draw(seed: 7, member: member, groups: groups)
            #expect(Set(bag.drawnGroups).isDisjoint(with: bag.outOfBagGroups))
            #expect(Set(bag.drawnGroups).union(bag.outOfBagGroups) == Set(groups))
        }
    }

    @Test func aboutAThirdIsOutOfBag() throws {
        var total = 0
        for member in 0..<400 {
            total += try Bag.draw(seed: 3, member: member, groups: groups)
                .outOfBagGroups.count
        }
        // (1 - 1/50)^50 = 0.3642; the standard error of this mean is below 0.003.
        #expect(abs(Double(total) / 400 / 50 - 0.3642) < 0.01)
    }

    @Test func drawsAreUniform() throws {
        var counts = [Int](repeating: 0, count: 50)
        for member in 0..<1000 {
            for index in try Bag.draw(seed: 5, member: member, groups: groups).drawn {
                counts[index] += 1
            }
        }
        // Chi-squared with 49 degrees of freedom: 85.4 is passed with probability 0.001.
        let statistic = counts.reduce(0.0) { $0 + (Double($1) - 1000) * (Double($1) - 1000) / 1000 }
        #expect(statistic < 85.4)
    }

    @Test(arguments: [(0.5, 25), (0.01, 1), (1.0, 50), (2.0, 100)])
    func theFractionSetsTheNumber(fraction: Double, count: Int) throws {
        let bag = try Bag.draw(
            seed: 1, member: 0, groups: groups, plan: .bootstrap(sampleFraction: fraction))
        #expect(bag.drawn.count == count)
    }

    @Test func withoutReplacementNothingIsDrawnTwice() throws {
        let bag = try Bag.draw(
            seed: 1, member: 0, groups: groups,
            plan: .bootstrap(sampleFraction: 0.6, withReplacement: false))
        #expect(bag.drawn.count == 30 && Set(bag.drawn).count == 30)
        #expect(bag.outOfBagGroups.count == 20)
    }

    @Test func requiredClassesAreRedrawnAndRecorded() throws {
        // Class 1 is in one group only: a bag misses it with probability 0.364.
        let present = groups.map { [true, $0 == "group17", false] }
        var redraws = 0
        for member in 0..<200 {
            let bag = try Bag.draw(
                seed: 9, member: member, groups: groups, classesPresent: present)
            #expect(bag.missingClasses.isEmpty && bag.drawnGroups.contains("group17"))
            redraws += bag.redraws
        }
        // The expectation is 200 * 0.364 / 0.636 = 114, its deviation 13.
        #expect(abs(redraws - 114) < 60)
        var missed = 0
        for member in 0..<200 {
            let bag = try Bag.draw(
                seed: 9, member: member, groups: groups, plan: .bootstrap(classPolicy: .allow),
                classesPresent: present)
            #expect(bag.redraws == 0)
            if bag.missingClasses == [1] { missed += 1 }
        }
        #expect(abs(missed - 73) < 30)
    }

    @Test func whatCannotBeDrawnIsAnError() throws {
        let present = groups.map { [true, $0 == "group17"] }
        let options = ResamplingPlan.bootstrap(sampleFraction: 0.02, mostRedraws: 3)
        var failures = 0
        for member in 0..<20 {
            do {
                _ = try Bag.draw(
                    seed: 1, member: member, groups: groups, plan: options,
                    classesPresent: present)
            } catch let error as FloeError {
                failures += 1
                #expect(error.what.contains("3 redraws"))
            }
        }
        #expect(failures > 10)
        for fraction in [0, -1, .nan, .infinity, 11] {
            let error = Fixtures.error {
                _ = try Bag.draw(
                    seed: 1, member: 0, groups: groups, plan: .bootstrap(sampleFraction: fraction))
            }
            #expect(error?.kind == .usage)
        }
        #expect(
            Fixtures.error { _ = try Bag.draw(seed: 1, member: 0, groups: []) }?.kind
                == .usage)
        #expect(
            Fixtures.error {
                _ = try Bag.draw(seed: 1, member: 0, groups: ["a", "a"])
            }?.kind == .usage)
    }

    @Test func itSurvivesARoundTrip() throws {
        let bag = try Bag.draw(seed: 1, member: 3, groups: groups)
        let again = try JSONDecoder().decode(
            Bag.self, from: JSONEncoder().encode(bag))
        #expect(again == bag)
    }
}
