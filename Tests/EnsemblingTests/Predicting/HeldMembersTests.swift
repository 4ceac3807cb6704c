import Testing
import Training
import TrainingTestSupport

@testable import Ensembling

@Suite struct HeldMembersTests {
    /// How often each of four members is loaded when they are asked for in turns, twice.
    private func loads(_ ensemble: OpenedEnsemble, room members: Int) throws -> [Int] {
        let bytes = ensemble.members[0].manifest.weights.parameterCount * 8
        let held = HeldMembers(bytes: members * bytes)
        var counts = [Int](repeating: 0, count: ensemble.members.count)
        for _ in 0..<2 {
            for (index, member) in ensemble.members.enumerated() {
                let found = try held.member(member.sha256) {
                    counts[index] += 1
                    return try MemberPredictor(
                        member.path, expecting: member.sha256, backend: TestMembers.exact())
                }
                #expect(found.path == member.path)
            }
        }
        return counts
    }

    @Test func theFirstThatFitStay() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try EnsembleFiles.opened(folder, [[0.2], [0.4], [0.6], [0.8]])
            #expect(try loads(ensemble, room: 4) == [1, 1, 1, 1])
            #expect(try loads(ensemble, room: 2) == [1, 1, 2, 2])
            // The last one is still there when its turn comes again.
            #expect(try loads(ensemble, room: 3) == [1, 1, 1, 1])
            #expect(try loads(ensemble, room: 0) == [2, 2, 2, 2])
        }
    }

    /// What could not be loaded is not held: it is tried again.
    @Test func failuresLeaveNothing() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try EnsembleFiles.opened(folder, [[0.2], [0.4]])
            let held = HeldMembers()
            struct Broken: Error {}
            #expect(throws: Broken.self) {
                _ = try held.member(ensemble.members[0].sha256) { throw Broken() }
            }
            var count = 0
            _ = try held.member(ensemble.members[0].sha256) {
                count += 1
                return try MemberPredictor(
                    ensemble.members[0].path, backend: TestMembers.exact())
            }
            #expect(count == 1)
        }
    }

    /// Room decides what is loaded again, and nothing else.
    @Test func resultsDoNotDependOnTheRoom() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try EnsembleStore.open(
                EnsembleFiles.write(folder, VariedMembers.save(folder, count: 3) { $0.tile = 16 }))
            let image = EnsembleFiles.noise(height: 150, width: 40)
            func values(_ held: HeldMembers) throws -> [[Float]] {
                var bands: [[Float]] = []
                try EnsemblePredictor(
                    ensemble, backend: TestMembers.exact(), bandBytes: 1, held: held
                ).predict(ImageScene(image)) { bands.append($0.probabilities) }
                return bands
            }
            let kept = try values(HeldMembers())
            #expect(kept.count == 3)
            #expect(try values(HeldMembers(bytes: 0)) == kept)
        }
    }
}
