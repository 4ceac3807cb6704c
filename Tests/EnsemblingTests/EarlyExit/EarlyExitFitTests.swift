import DurableFiles
import Foundation
import Testing
import TrainingTestSupport

@testable import Ensembling

@Suite struct EarlyExitFitTests {
    /// What a fit of three members might have found.
    static func fit(
        of ensemble: SHA256Digest = SHA256Digest.of(Data()), members: Int = 3
    ) -> EarlyExitFit {
        EarlyExitFit(
            split: .validation, data: "floes", fingerprint: SHA256Digest.of(Data()), images: 12,
            heldBack: 11, isOptimistic: true, ensemble: ensemble, cell: 192, members: members,
            exactMembers: 2.25,
            table: ExitTable(
                rows: (1..<members).map { step in
                    (0..<ExitTable.bins).map { 0.5 / Double(step + $0) }
                }),
            levels: [
                .init(risk: 0.001, threshold: 0.002, bound: 0.0007, changed: 0.0001, members: 2),
                .init(risk: 0.05, threshold: 0.1, bound: 0.04, changed: 0.01, members: 1.25),
            ])
    }

    @Test func theNextStricterPromiseServes() {
        let fit = Self.fit()
        #expect(fit.level(for: 0.0005) == nil)
        #expect(fit.level(for: 0.001)?.risk == 0.001)
        #expect(fit.level(for: 0.049)?.risk == 0.001)
        #expect(fit.level(for: 0.5)?.risk == 0.05)
    }

    /// A manifest may come from anybody.
    @Test func whatIsOutOfRangeIsNamed() {
        #expect(Self.fit().problem(members: 3) == nil)
        let wrong: [(String, (inout EarlyExitFit) -> Void)] = [
            ("cell", { $0.cell = 0 }), ("cell", { $0.cell = .max }),
            ("members", { $0.members = 1 }), ("members", { $0.members = 4 }),
            ("table", { $0.table = ExitTable(rows: []) }),
            ("table", { $0.table = ExitTable(rows: [[], []]) }),
            (
                "table",
                { $0.table = ExitTable(rows: $0.table.rows.map { $0.map { $0 + 1 } }) }
            ),
            ("levels[0]", { $0.levels[0].risk = 0 }),
            ("levels[1]", { $0.levels[1].risk = 0.001 }),
            ("levels[1]", { $0.levels[1].risk = 1 }),
            ("levels[0]", { $0.levels[0].threshold = -1 }),
        ]
        for (key, change) in wrong {
            var fit = Self.fit()
            change(&fit)
            #expect(fit.problem(members: 3)?.key == "key 'earlyExit.\(key)'")
        }
    }

    /// Other members, another order, other weights or thresholds: the fit says nothing of them.
    @Test func aFitIsForOneEnsemble() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, [[0.2], [0.4], [0.6]])
            func opened(
                _ members: [String], weights: [EnsembleManifest.Weight] = [],
                method: Combiner.Method = .softVoting, fit: EarlyExitFit? = nil,
                thresholds: [Double]? = nil
            ) throws -> OpenedEnsemble {
                try EnsembleStore.open(
                    EnsembleFiles.write(folder, members, weights: weights, method: method) {
                        $0.earlyExit = fit
                        $0.combine.thresholds = thresholds
                    })
            }
            let fit = Self.fit(of: try opened(files).exitDigest)
            func refused(_ ensemble: OpenedEnsemble) -> Bool {
                TrainingFixtures.error(.usage) { _ = try ensemble.calibratedExit(risk: 0.01) }
                    != nil
            }
            let same = try opened(files, fit: fit)
            #expect(try same.calibratedExit(risk: 0.01)?.risk == 0.001)
            #expect(try same.calibratedExit(risk: 0.0001) == nil)
            // Only the ratio of the weights counts.
            let two = [EnsembleManifest.Weight](repeating: .member(2), count: 3)
            #expect(
                try opened(files, weights: two, fit: fit).calibratedExit(risk: 0.01) != nil)
            #expect(refused(try opened(files)))
            #expect(refused(try opened(files, weights: [.member(2)], fit: fit)))
            #expect(refused(try opened([files[1], files[0], files[2]], fit: fit)))
            #expect(refused(try opened(files + files, fit: fit)))
            #expect(refused(try opened(files, method: .hardVoting, fit: fit)))
            #expect(refused(try opened(files, fit: fit, thresholds: [0.4])))
            let stale = try opened(files, weights: [.member(2)], fit: fit)
            #expect(Self.problems(stale.path).contains { $0.contains("earlyExit") })
            // One that is missing is another ensemble too.
            let path = try opened(files, fit: fit).path
            #expect(Self.problems(path).isEmpty)
            try EnsembleFiles.remove(files[2])
            #expect(refused(try EnsembleStore.open(path, allowedMissing: 1)))
        }
    }

    /// What `floe ensemble verify` would say.
    private static func problems(_ path: String) -> [String] {
        (try? EnsembleVerifier.problems(path, backend: TestMembers.exact()))?.map { "\($0)" }
            ?? ["not opened"]
    }

    /// Whoever builds the ensemble anew loses a fit that no longer holds, and keeps one that does.
    @Test func buildingKeepsWhatStillHolds() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, [[0.2], [0.4], [0.6]])
            let digest = try EnsembleStore.open(EnsembleFiles.write(folder, files)).exitDigest
            for (weights, isKept) in [([], true), ([.member(2)], false)]
                as [([EnsembleManifest.Weight], Bool)]
            {
                let draft = try EnsembleFiles.write(folder, files, weights: weights) {
                    $0.earlyExit = Self.fit(of: digest)
                }
                let built = try EnsembleBuilder(
                    path: folder + "/built.json", backend: TestMembers.exact()
                ).build(draft: draft, data: nil, evaluation: .init())
                #expect((built.ensemble.manifest.earlyExit != nil) == isKept)
                #expect(built.notes.contains { $0.contains("early exit") } == !isKept)
            }
        }
    }
}
