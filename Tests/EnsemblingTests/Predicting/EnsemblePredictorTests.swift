import DurableFiles
import Foundation
import ModelZoo
import SegmentationData
import TensorCore
import Testing
import Training
import TrainingTestSupport

@testable import Ensembling

@Suite struct EnsemblePredictorTests {
    /// A whole scene as its bands put together.
    private struct Answer: Equatable {
        var rows: [Range<Int>] = []
        var probabilities: [[Float]] = []
        /// A class index per pixel, or one plane per class behind one another.
        var decisions: [[UInt8]] = []
    }

    private func predict(
        _ ensemble: OpenedEnsemble, _ image: BandImage, bandBytes: Int = 400 << 20
    ) throws -> Answer {
        let predictor = EnsemblePredictor(
            ensemble, backend: TestMembers.exact(), bandBytes: bandBytes)
        let decisionPlanes = ensemble.rule.isExclusive ? 1 : ensemble.classes
        var answer = Answer(
            probabilities: [[Float]](repeating: [], count: ensemble.classes),
            decisions: [[UInt8]](repeating: [], count: decisionPlanes))
        try predictor.predict(ImageScene(image)) { band in
            let pixels = band.rows.count * image.width
            #expect(band.probabilities.count == ensemble.classes * pixels)
            #expect(band.decisions.count == decisionPlanes * pixels)
            answer.rows.append(band.rows)
            for plane in 0..<ensemble.classes {
                answer.probabilities[plane] +=
                    band.probabilities[plane * pixels..<(plane + 1) * pixels]
            }
            for plane in 0..<decisionPlanes {
                answer.decisions[plane] += band.decisions[plane * pixels..<(plane + 1) * pixels]
            }
        }
        return answer
    }

    private static let small = EnsembleFiles.noise(height: 5, width: 7)

    /// Fails unless the ensemble gives these probabilities and this decision at every pixel.
    private func expect(
        _ ensemble: OpenedEnsemble, _ probabilities: [Float], _ decisions: [UInt8],
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let answer = try predict(ensemble, Self.small)
        #expect(answer.rows == [0..<5], sourceLocation: location)
        #expect(answer.probabilities.count == probabilities.count, sourceLocation: location)
        for (plane, expected) in zip(answer.probabilities, probabilities) {
            EnsembleFiles.expect(plane[...], all: expected, location)
        }
        let maps = decisions.map { [UInt8](repeating: $0, count: 35) }
        #expect(answer.decisions == maps, sourceLocation: location)
    }

    // MARK: Soft voting by hand

    @Test func softVotingIsTheWeightedMean() throws {
        try TrainingFixtures.withFolder { folder in
            let answers: [[Float]] = [[0.7, 0.2, 0.1], [0.1, 0.5, 0.4]]
            try expect(EnsembleFiles.opened(folder, answers), [0.4, 0.35, 0.25], [0])
            let files = answers.indices.map { "\(folder)/m\($0)/manifest.json" }
            // (0.7 + 3 x 0.1) / 4 and so on.
            let weighted = try EnsembleStore.open(
                EnsembleFiles.write(folder, files, weights: [.member(1), .member(3)]))
            try expect(weighted, [0.25, 0.425, 0.325], [1])
            // Only the ratio of the weights counts.
            let scaled = try EnsembleStore.open(
                EnsembleFiles.write(folder, files, weights: [.member(1e-3), .member(3e-3)]))
            try expect(scaled, [0.25, 0.425, 0.325], [1])
            // A member may know one class better: each class has shares of its own.
            let perClass = try EnsembleStore.open(
                EnsembleFiles.write(
                    folder, files, weights: [.perClass([1, 0, 1]), .perClass([0, 1, 3])]))
            try expect(perClass, [0.7, 0.5, 0.325], [0])
        }
    }

    /// Odds of 9, 1/4 and 1/4 multiply to 9/16: the mean logit says no, the mean probability yes.
    @Test func theLogitSpaceAveragesOdds() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try EnsembleFiles.opened(folder, [[0.9], [0.2], [0.2], [0.9]])
            try expect(ensemble, [0.55], [1])
            let files = Array(ensemble.members.map(\.path).prefix(3))
            let logit = try EnsembleStore.open(
                EnsembleFiles.write(folder, files) { $0.combine.space = .logit })
            let odds = Float(pow(9.0 / 16, 1.0 / 3))
            try expect(logit, [odds / (1 + odds)], [0])
        }
        // Of classes that exclude one another the geometric means are brought back to a sum of 1.
        try TrainingFixtures.withFolder { folder in
            let ensemble = try EnsembleFiles.opened(folder, [[0.8, 0.2], [0.2, 0.8]]) {
                $0.combine.space = .logit
            }
            try expect(ensemble, [0.5, 0.5], [0])
        }
    }

    @Test func theEnsemblesThresholdDecides() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try EnsembleFiles.opened(folder, [[0.2], [0.5]])
            try expect(ensemble, [0.35], [0])
            let files = ensemble.members.map(\.path)
            for (threshold, decision) in [(0.3, 1), (0.4, 0)] as [(Double, UInt8)] {
                let stated = try EnsembleStore.open(
                    EnsembleFiles.write(folder, files) { $0.combine.thresholds = [threshold] })
                try expect(stated, [0.35], [decision])
            }
        }
    }

    // MARK: Hard voting by hand

    @Test func theMajorityWinsAndItsShareIsTheProbability() throws {
        try TrainingFixtures.withFolder { folder in
            // The mean says class 0; two of three votes say class 1.
            let ensemble = try EnsembleFiles.opened(
                folder, [[0.9, 0.1], [0.4, 0.6], [0.4, 0.6]], method: .hardVoting)
            try expect(ensemble, [1.0 / 3, 2.0 / 3], [1])
            let files = ensemble.members.map(\.path)
            let weighted = try EnsembleStore.open(
                EnsembleFiles.write(
                    folder, files, weights: [.member(3)], method: .hardVoting))
            try expect(weighted, [0.6, 0.4], [0])
        }
    }

    @Test func aTieGoesToTheLikelierThenToTheLowerIndex() throws {
        try TrainingFixtures.withFolder { folder in
            let likelier = try EnsembleFiles.opened(
                folder, [[0.6, 0.3, 0.1], [0.1, 0.8, 0.1]], method: .hardVoting)
            try expect(likelier, [0.5, 0.5, 0], [1])
        }
        try TrainingFixtures.withFolder { folder in
            let equal = try EnsembleFiles.opened(
                folder, [[0.1, 0.2, 0.7], [0.1, 0.7, 0.2]], method: .hardVoting)
            try expect(equal, [0, 0.5, 0.5], [1])
        }
        try TrainingFixtures.withFolder { folder in
            let binary = try EnsembleFiles.opened(folder, [[0.9], [0.2]], method: .hardVoting)
            try expect(binary, [0.5], [1])
        }
        try TrainingFixtures.withFolder { folder in
            let binary = try EnsembleFiles.opened(folder, [[0.6], [0.2]], method: .hardVoting)
            try expect(binary, [0.5], [0])
        }
    }

    /// Each member votes by the threshold that it was trained to be read with.
    @Test func membersVoteByTheirOwnThresholds() throws {
        try TrainingFixtures.withFolder { folder in
            let low = try TestMembers.save(folder, name: "low") { plan in
                plan.logits = EnsembleFiles.logits([0.35])
                plan.threshold = 0.3
            }
            let high = try TestMembers.save(folder, name: "high") { plan in
                plan.logits = EnsembleFiles.logits([0.4])
                plan.threshold = 0.45
            }
            let once = try EnsembleStore.open(
                EnsembleFiles.write(folder, [high, low, low], method: .hardVoting))
            try expect(once, [2.0 / 3], [1])
        }
    }

    // MARK: Bands of rows

    /// How much memory there is must not show in the answer, not even in the last bit.
    @Test(arguments: Combiner.Method.allCases)
    func bandsOfRowsGiveTheSameAnswer(_ method: Combiner.Method) throws {
        try TrainingFixtures.withFolder { folder in
            let windows = try EnsembleFiles.varied(folder) { plan in
                plan.classes = 3
                plan.tile = 16
            }
            let resized = try EnsembleFiles.varied(folder, name: "resized") { plan in
                plan.classes = 3
                plan.size = [40, 24]
            }
            let ensemble = try EnsembleStore.open(
                EnsembleFiles.write(
                    folder, [windows, resized],
                    weights: method == .staple ? [] : [.perClass([1, 2, 3])],
                    method: method))
            let image = EnsembleFiles.noise(height: 150, width: 20)
            let whole = try predict(ensemble, image)
            #expect(whole.rows == [0..<150])
            var bands = try predict(ensemble, image, bandBytes: 1)
            // From top to bottom, without a gap; STAPLE sees the whole.
            #expect(
                bands.rows == (method == .staple ? [0..<150] : [0..<64, 64..<128, 128..<150]))
            bands.rows = whole.rows
            #expect(bands == whole)
            #expect(Set(whole.decisions[0]).count > 1)
        }
    }

    @Test func overlappingClassesKeepTheirPlanesApart() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, [[0.2, 0.8], [0.4, 0.6]]) {
                $0.tile = 16
            }
            for file in files { try EnsembleFiles.makeSigmoid(file) }
            let ensemble = try EnsembleStore.open(EnsembleFiles.write(folder, files))
            // The logits are log p, and the sigmoid of log p is p / (1 + p).
            let expected: [Float] = [(1.0 / 6 + 2.0 / 7) / 2, (4.0 / 9 + 3.0 / 8) / 2]
            let answer = try predict(
                ensemble, EnsembleFiles.noise(height: 70, width: 9), bandBytes: 1)
            #expect(answer.rows.count == 2)
            for plane in 0..<2 {
                EnsembleFiles.expect(answer.probabilities[plane][...], all: expected[plane])
            }
            let absent = [UInt8](repeating: 0, count: 630)
            #expect(answer.decisions == [absent, absent])
        }
    }

    // MARK: What can go wrong

    @Test func aMissingMemberLeavesTheMeanOfTheRest() throws {
        try TrainingFixtures.withFolder { folder in
            let answers: [[Float]] = [[0.2], [0.6], [0.9]]
            let whole = try EnsembleFiles.opened(
                folder, answers, weights: [.member(1), .member(3), .member(4)])
            try expect(whole, [0.7], [1])
            try EnsembleFiles.remove(whole.members[2].path)
            let rest = try EnsembleStore.open(whole.path, allowedMissing: 1)
            try expect(rest, [0.5], [1])
        }
    }

    /// What may happen to a member between opening and predicting.
    enum Damage: CaseIterable {
        case weightsDamaged, weightsCut, weightsRemoved, manifestChanged, manifestRemoved

        func apply(_ member: String) throws {
            let weights = EnsembleFiles.weightsFile(member)
            switch self {
            case .weightsDamaged: try EnsembleFiles.damage(weights)
            case .weightsCut: try EnsembleFiles.put("", weights)
            case .weightsRemoved: try EnsembleFiles.remove(weights)
            case .manifestChanged: try EnsembleFiles.edit(member) { $0.output.threshold = 0.1 }
            case .manifestRemoved: try EnsembleFiles.remove(member)
            }
        }
    }

    @Test(arguments: Damage.allCases)
    func damageThatComesLateIsFoundBeforeAnyAnswer(_ damage: Damage) throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try EnsembleFiles.opened(folder, [[0.2], [0.6], [0.9]])
            let member = ensemble.members[1].path
            try damage.apply(member)
            let error = try #require(
                TrainingFixtures.error(.badData) {
                    let predictor = EnsemblePredictor(ensemble, backend: TestMembers.exact())
                    try predictor.predict(ImageScene(Self.small)) { _ in
                        Issue.record("an answer of a damaged ensemble")
                    }
                })
            let place = URL(fileURLWithPath: member).deletingLastPathComponent().path
            #expect(error.file?.hasPrefix(place + "/") == true)
            // The error leads to the member, or nobody could go on without it.
            let rest = try ensemble.leavingOut(memberOf: error, allowing: 1)
            try expect(rest, [0.55], [1])
        }
    }

    /// R15: a network that overflows is named, and the others can go on.
    @Test func anAnswerThatIsNotFiniteIsNotAveraged() throws {
        try TrainingFixtures.withFolder { folder in
            let raw = try EnsembleFiles.members(folder, [[0.2, 0.8], [0.4, 0.6]])
            // Small values pass, as its self-test shows; large ones overflow single precision.
            let wild = try EnsembleFiles.rewritten(raw[0], to: folder + "/wild") { entry in
                entry.name == "outc/conv/weight"
                    ? Tensor(repeating: 1e37, shape: entry.tensor.shape) : nil
            }
            try EnsembleFiles.edit(wild) { $0.input.bands[0].deviation = 1e-6 }
            let files = [wild, raw[1]]
            let ensemble = try EnsembleStore.open(EnsembleFiles.write(folder, files))
            let error = try #require(
                TrainingFixtures.error(.numeric) { _ = try predict(ensemble, Self.small) })
            #expect(error.file == wild)
            try expect(ensemble.leavingOut(memberOf: error, allowing: 1), [0.4, 0.6], [1])
        }
    }

    @Test func aSceneThatDoesNotFitIsNotBlamedOnAMember() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try EnsembleFiles.opened(folder, [[0.2], [0.6]])
            var image = Self.small
            image.values[3] = .nan
            let scenes: [(FloeError.Kind, BandImage)] = [
                (.badData, EnsembleFiles.noise(bands: 2, height: 5, width: 7)), (.numeric, image),
            ]
            for (kind, image) in scenes {
                let error = try #require(
                    TrainingFixtures.error(kind) { _ = try predict(ensemble, image) })
                let again = TrainingFixtures.error(kind) {
                    _ = try ensemble.leavingOut(memberOf: error, allowing: 1)
                }
                #expect(again == error)
            }
        }
    }

    @Test func aFailureOfTheReceiverEndsThePrediction() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try EnsembleFiles.opened(folder, [[0.2], [0.6]])
            let predictor = EnsemblePredictor(
                ensemble, backend: TestMembers.exact(), bandBytes: 1)
            let full = FloeError(.inputOutput, file: "out.tiff", "no space")
            var bands = 0
            let error = TrainingFixtures.error(.inputOutput) {
                let scene = ImageScene(EnsembleFiles.noise(height: 200, width: 8))
                try predictor.predict(scene) { _ in
                    bands += 1
                    if bands == 2 { throw full }
                }
            }
            #expect(error == full)
            #expect(bands == 2)
        }
    }
}
