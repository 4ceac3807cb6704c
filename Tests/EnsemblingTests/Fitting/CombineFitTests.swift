import DurableFiles
import Foundation
import Testing
import TrainingTestSupport

@testable import Ensembling

@Suite struct CombineFitTests {
    private static func fit(
        _ part: CombineFit.Part, _ score: CombineFit.Score = .logLoss,
        _ change: (inout CombineFit) -> Void = { _ in }
    ) -> CombineFit {
        var fit = CombineFit(
            part: part, split: .outOfBag, data: "floes", fingerprint: nil, images: 3, pixels: 7,
            score: score)
        change(&fit)
        return fit
    }

    /// A manifest that was damaged or made up is refused where it is read, and so by `verify`.
    @Test func nonsenseIsRefused() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, [[0.2], [0.8]])
            func problem(
                _ method: Combiner.Method = .softVoting,
                _ change: (inout EnsembleManifest.Combine) -> Void
            ) throws -> String? {
                let path = try EnsembleFiles.write(folder, files, method: method) {
                    change(&$0.combine)
                }
                let problems = try EnsembleVerifier.problems(path, backend: TestMembers.exact())
                #expect(problems.count <= 1 && problems.allSatisfy { $0.kind == .badData })
                return problems.first?.description
            }
            #expect(try problem { $0.temperature = 1.5 } == nil)
            for temperature in [0, -1, 0.04, 20.1, 1e300] {
                #expect(
                    try problem { $0.temperature = temperature }?
                        .contains("combine.temperature") == true)
            }
            for method in [Combiner.Method.hardVoting, .staple] {
                #expect(
                    try problem(method) { $0.temperature = 1.5 }?.contains(method.rawValue) == true)
            }
            let whole = Self.fit(.selection, .dice) {
                ($0.before, $0.after, $0.picks) = (0.25, 1, 4)
                $0.leftOut = [.init(path: "m", sha256: SHA256Digest.of(Data()))]
                $0.absentClasses = .one
            }
            #expect(try problem { $0.fits = [whole] } == nil)
            let wrong: [(inout CombineFit) -> Void] = [
                { $0.images = 0 }, { $0.pixels = -1 }, { $0.picks = 0 }, { $0.after = 1.5 },
                { $0.before = -0.5 }, { $0.prefixes = [0.5, 2] },
            ]
            for change in wrong {
                #expect(
                    try problem { combine in
                        var fit = whole
                        change(&fit)
                        combine.fits = [whole, fit]
                    }?.contains("combine.fits[1]") == true)
            }
            // A log loss may be large.
            #expect(try problem { $0.fits = [Self.fit(.weights) { $0.before = 12 }] } == nil)
            // No number of JSON.
            let path = try EnsembleFiles.write(folder, files) { $0.combine.temperature = 1.5 }
            try EnsembleFiles.replace("1.5", "1e999", in: path)
            #expect(
                try EnsembleVerifier.problems(path, backend: TestMembers.exact()).count == 1)
        }
    }

    @Test func newRecordsTakeThePlaceOfWhatTheyMakeVoid() {
        var combine = EnsembleManifest.Combine(method: .softVoting)
        for part in [
            CombineFit.Part.selection, .weights, .order, .temperature, .weights, .order,
        ] { combine.record(Self.fit(part)) }
        #expect(combine.fits?.map(\.part) == [.selection, .temperature, .weights, .order])
        combine.record(Self.fit(.selection) { $0.images = 9 })
        #expect(combine.fits?.map(\.part) == [.selection, .temperature, .selection])
        #expect(combine.fits?.map(\.images) == [3, 3, 9])
        // Other weights make another order the best.
        for part in [CombineFit.Part.order, .weights] { combine.record(Self.fit(part)) }
        #expect(combine.fits?.map(\.part) == [.selection, .temperature, .selection, .weights])
    }
}
