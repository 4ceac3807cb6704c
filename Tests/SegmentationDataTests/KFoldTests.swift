import Testing

@testable import SegmentationData

struct KFoldTests {
    @Test(arguments: [(10, 5), (11, 5), (7, 7), (100, 3)])
    func foldsPartitionTheGroups(count: Int, folds: Int) throws {
        let groups = (0..<count).map { "g\($0)" }
        let split = try KFold(groups: groups.reversed(), folds: folds, seed: 1)
        #expect(split == (try KFold(groups: groups, folds: folds, seed: 1)))
        #expect(Set(split.folds.flatMap { $0 }) == Set(groups))
        #expect(split.folds.reduce(0) { $0 + $1.count } == count)
        let sizes = split.folds.map(\.count)
        #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
        for fold in 0..<folds {
            let training = split.training(without: fold)
            #expect(training.count == count - split.folds[fold].count)
            #expect(Set(training).isDisjoint(with: split.folds[fold]))
        }
    }

    @Test func anotherSeedDividesOtherwise() throws {
        let groups = (0..<40).map { "g\($0)" }
        #expect(
            try KFold(groups: groups, folds: 4, seed: 1)
                != KFold(groups: groups, folds: 4, seed: 2))
    }

    @Test(arguments: [(3, 1), (3, 4), (0, 2)])
    func impossibleFoldsAreRefused(count: Int, folds: Int) {
        let error = Fixtures.error {
            _ = try KFold(groups: (0..<count).map { "\($0)" }, folds: folds, seed: 1)
        }
        #expect(error?.kind == .usage)
    }
}
