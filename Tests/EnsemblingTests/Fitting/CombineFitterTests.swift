import DurableFiles
import Foundation
import ModelZoo
import SegmentationData
import SegmentationMetrics
import Testing
import Training
import TrainingTestSupport

@testable import Ensembling

/// Members of one known answer each, so that every fit can be reckoned by hand.
@Suite struct CombineFitterTests {
    private typealias Voice = ComparedData.Voice

    private static func fitter(
        _ ensemble: OpenedEnsemble, _ dataset: SegmentationDataset
    ) -> CombineFitter {
        CombineFitter(ensemble, dataset: dataset, backend: TestMembers.exact())
    }

    /// Members that were trained on the data, and the data.
    private static func ensemble(
        _ folder: String, _ voices: [Voice], present: [String: Int],
        method: Combiner.Method = .softVoting
    ) throws -> (ensemble: OpenedEnsemble, dataset: SegmentationDataset) {
        let dataset = try ComparedData.dataset(folder, present: present)
        let record = try ComparedData.record(of: dataset)
        let known = voices.map { voice in
            var voice = voice
            voice.bag = voice.bag ?? ["a0"]
            voice.change = { $0.data = record }
            return voice
        }
        return (try ComparedData.ensemble(folder, known, method: method), dataset)
    }

    private static let validation = ["a0": 8, "v0": 12, "v1": 12]

    private static func weights(_ ensemble: OpenedEnsemble) -> [Double] {
        ensemble.weights.map { $0[0] }
    }

    // MARK: Weights

    /// Three quarters of the pixels are of the class: so must the mean of 0.9 and 0.2 be.
    @Test func weightsMakeTheTruthLikeliest() throws {
        try TrainingFixtures.withFolder { folder in
            let (ensemble, dataset) = try Self.ensemble(
                folder, [Voice(probability: 0.9), Voice(probability: 0.2, weight: 0)],
                present: Self.validation)
            let fitted = try Self.fitter(ensemble, dataset).fit(
                .init(weights: true), on: .validation)
            #expect(abs(Self.weights(fitted)[0] - 0.55 / 0.7) < 1e-4)
            let fit = try #require(fitted.manifest.combine.fits?.first)
            #expect(fitted.manifest.combine.fits?.count == 1)
            #expect(fit.part == .weights && fit.score == .logLoss && fit.split == .validation)
            #expect(fit.images == 2 && fit.pixels == 32 && fit.data == "squares")
            #expect(fit.fingerprint?.hex == (try dataset.fingerprint()))
            expectClose(fit.before, ComparedData.crossEntropy(0.9, present: 12), within: 1e-5)
            expectClose(fit.after, ComparedData.crossEntropy(0.75, present: 12), within: 1e-5)
            // What was right stays to the last bit, and says so.
            let again = try Self.fitter(fitted, dataset).fit(
                .init(weights: true), on: .validation)
            let repeated = try #require(again.manifest.combine.fits)
            #expect(repeated.count == 1)
            expectClose(
                repeated[0].after, ComparedData.crossEntropy(0.75, present: 12), within: 1e-5)
            #expect(try #require(repeated[0].after) <= #require(repeated[0].before))
        }
    }

    /// a1 is for the first alone, a0 for the second alone: nobody is compared with anybody.
    @Test func outOfBagOnlyVotersCount() throws {
        try TrainingFixtures.withFolder { folder in
            let (ensemble, dataset) = try Self.ensemble(
                folder,
                [
                    Voice(probability: 0.9, bag: ["a0", "a0", "a0"]),
                    Voice(probability: 0.2, bag: ["a1", "a1", "a1"]),
                ], present: ["a0": 2, "a1": 14, "a2": 12])
            let fitted = try Self.fitter(ensemble, dataset).fit(
                .init(weights: true), on: .outOfBag)
            // a2 has both; the others only say that there is one voter.
            #expect(abs(Self.weights(fitted)[0] - 0.55 / 0.7) < 1e-3)
            let fit = try #require(fitted.manifest.combine.fits?.first)
            #expect(fit.images == 3 && fit.split == .outOfBag)
            let alone =
                ComparedData.crossEntropy(0.2, present: 2)
                + ComparedData.crossEntropy(0.9, present: 14)
            expectClose(
                fit.after, (alone + ComparedData.crossEntropy(0.75, present: 12)) / 3, within: 1e-5)
        }
    }

    /// The folds of a cross-validation leave every image to one member.
    @Test func membersThatNoImageComparesAreRefused() throws {
        try TrainingFixtures.withFolder { folder in
            let (ensemble, dataset) = try Self.ensemble(
                folder,
                [
                    Voice(probability: 0.9, bag: ["a0", "a0"]),
                    Voice(probability: 0.2, bag: ["a1", "a1"]),
                ], present: ["a0": 12, "a1": 12])
            let fitter = Self.fitter(ensemble, dataset)
            for plan in [CombineFitPlan(picks: 2), .init(weights: true), .init(order: true)] {
                let error = TrainingFixtures.error(.badData) {
                    _ = try fitter.fit(plan, on: .outOfBag)
                }
                #expect(error?.advice?.contains("--split validation") == true)
            }
            // A temperature is of the mean, whoever is in it.
            let fitted = try fitter.fit(.init(temperature: true), on: .outOfBag)
            #expect(fitted.manifest.combine.temperature != nil)
        }
    }

    @Test func oneClassHasOneWeight() throws {
        try TrainingFixtures.withFolder { folder in
            let (ensemble, dataset) = try Self.ensemble(
                folder, [Voice(probability: 0.9), Voice(probability: 0.2)],
                present: Self.validation)
            // One class: one number.
            let fitted = try Self.fitter(ensemble, dataset).fit(
                .init(weights: true, perClass: true), on: .validation)
            guard case .member? = fitted.manifest.members[0].weight else {
                Issue.record("\(String(describing: fitted.manifest.members[0].weight))")
                return
            }
            TrainingFixtures.error(.usage) {
                _ = try Self.fitter(ensemble, dataset).fit(
                    .init(perClass: true, order: true), on: .validation)
            }
        }
    }

    /// A quarter and three quarters of the pixels are of the classes: so must both means be.
    @Test func classesHaveWeightsOfTheirOwn() throws {
        try TrainingFixtures.withFolder { folder in
            let dataset = try ComparedData.dataset(folder, present: Self.validation) { data in
                data.classes = ["class0", "class1"].map { ClassDescription(name: $0) }
                data.masks[0].values = [0: "class0", 1: "class1"]
                data.kind = .sigmoid
            }
            let files = try [[0.5, 0.9], [0.1, 0.2]].enumerated().map { index, answers in
                let file = try ComparedData.save(folder, "m\(index)") { plan in
                    plan.classes = 2
                    plan.logits = answers.map { ComparedData.logit($0) }
                }
                try EnsembleFiles.makeSigmoid(file)
                return file
            }
            let ensemble = try EnsembleStore.open(EnsembleFiles.write(folder, files))
            let fitted = try Self.fitter(ensemble, dataset).fit(
                .init(weights: true, perClass: true), on: .validation)
            let found = fitted.weights
            #expect(abs(found[0][0] - 0.375) < 1e-3 && abs(found[0][1] - 0.55 / 0.7) < 1e-3)
            #expect(abs(found[0][0] + found[1][0] - 1) < 1e-9)
            expectClose(
                fitted.manifest.combine.fits?.first?.after,
                ComparedData.crossEntropy(0.75, present: 12), within: 1e-5)
            // One weight for both classes is a compromise.
            let shared = try Self.fitter(ensemble, dataset).fit(
                .init(weights: true), on: .validation)
            #expect((0.4...0.78).contains(shared.weights[0][0]))
            #expect(shared.weights[0][0] == shared.weights[0][1])
        }
    }

    // MARK: Members and their order

    @Test func selectionLeavesMembersOutAndNamesThem() throws {
        try TrainingFixtures.withFolder { folder in
            let (ensemble, dataset) = try Self.ensemble(
                folder,
                [
                    Voice(probability: 0.1), Voice(probability: 0.9), Voice(probability: 0.3),
                ], present: Self.validation)
            let fitted = try Self.fitter(ensemble, dataset).fit(
                .init(picks: 4), on: .validation)
            #expect(fitted.members.map(\.path) == [ensemble.members[1].path])
            #expect(fitted.manifest.members.map(\.weight) == [.member(1)])
            let fit = try #require(fitted.manifest.combine.fits?.first)
            #expect(fit.part == .selection && fit.picks == 1 && fit.absentClasses == .skip)
            #expect(
                fit.leftOut?.map(\.path)
                    == [ensemble.members[0].entry.path, ensemble.members[2].entry.path])
            #expect(fit.leftOut?.first?.sha256 == ensemble.members[0].sha256)
            // 0.43 says absent, 0.9 present.
            expectClose(fit.before, 0)
            expectClose(fit.after, 24.0 / 28)
            let written = try EnsembleFitter(
                fitted, dataset: dataset, backend: TestMembers.exact()
            ).write(fitted.manifest, to: folder + "/e/selected.json")
            #expect(written.members.count == 1)
            #expect(written.manifest.combine.fits == fitted.manifest.combine.fits)
            #expect(
                try EnsembleVerifier.problems(written.path, backend: TestMembers.exact()).isEmpty)
        }
    }

    @Test func theMostUsefulComesFirst() throws {
        try TrainingFixtures.withFolder { folder in
            let (ensemble, dataset) = try Self.ensemble(
                folder,
                [
                    Voice(probability: 0.05), Voice(probability: 0.4, weight: 2),
                    Voice(probability: 0.9),
                ], present: Self.validation)
            let fitted = try Self.fitter(ensemble, dataset).fit(.init(order: true), on: .validation)
            #expect(
                fitted.members.map(\.path) == [2, 1, 0].map { ensemble.members[$0].path })
            // Weights go with their members.
            #expect(fitted.manifest.members.map(\.weight) == [nil, .member(2), nil])
            let fit = try #require(fitted.manifest.combine.fits?.first)
            #expect(fit.part == .order && fit.before == nil && fit.after == nil)
            let present = 24.0 / 28
            // 0.9; (0.9 + 2 x 0.4) / 3 is present; with 0.05 no more.
            #expect(fit.prefixes?.count == 3)
            for (got, expected) in zip(fit.prefixes ?? [], [present, present, 0]) {
                expectClose(got, expected)
            }
        }
    }

    // MARK: Temperature

    /// Odds of 9 where they should be 3: the root of them.
    @Test func theTemperatureMakesOddsRight() throws {
        try TrainingFixtures.withFolder { folder in
            let (ensemble, dataset) = try Self.ensemble(
                folder, [Voice(probability: 0.9)], present: Self.validation)
            let fitted = try Self.fitter(ensemble, dataset).fit(
                .init(temperature: true), on: .validation)
            let temperature = try #require(fitted.manifest.combine.temperature)
            #expect(abs(temperature - 2) < 1e-3)
            let fit = try #require(fitted.manifest.combine.fits?.first)
            expectClose(fit.before, ComparedData.crossEntropy(0.9, present: 12), within: 1e-5)
            expectClose(fit.after, ComparedData.crossEntropy(0.75, present: 12), within: 1e-5)
            #expect(fitted.rule.temperature == temperature)
            // Fitted again it is found again, from the mean as it is.
            let again = try Self.fitter(fitted, dataset).fit(
                .init(temperature: true), on: .validation)
            #expect(again.manifest.combine.temperature == temperature)
            // Comparisons score the tempered probabilities.
            let loss = try Comparer(fitted, dataset: dataset, backend: TestMembers.exact())
                .compare(dataset.split().validation, split: "validation")
                .rows.first { $0.kind == .ensemble }?.loss
            expectClose(loss, ComparedData.crossEntropy(0.75, present: 12), within: 1e-4)
        }
    }

    // MARK: All together

    private static let everything = CombineFitPlan(
        picks: 5, weights: true, order: true, temperature: true)

    @Test func eachSeesTheResultOfThoseBefore() throws {
        try TrainingFixtures.withFolder { folder in
            // The last is what is left of 0.05: picked by nobody.
            let (ensemble, dataset) = try Self.ensemble(
                folder,
                [Voice(probability: 0.05), Voice(probability: 0.6), Voice(probability: 0.9)],
                present: ["a0": 8, "v0": 12, "v1": 13])
            let fitter = Self.fitter(ensemble, dataset)
            let fitted = try fitter.fit(Self.everything, on: .validation)
            let fits = try #require(fitted.manifest.combine.fits)
            #expect(fits.map(\.part) == [.selection, .weights, .order, .temperature])
            // Both others say present: the first of them is enough, and has all the weight.
            #expect(fitted.members.map(\.path) == [ensemble.members[1].path])
            #expect(Self.weights(fitted) == [1])
            // 0.6 tempered to 25 of 32.
            let temperature = try #require(fitted.manifest.combine.temperature)
            #expect(abs(temperature - log(1.5) / log(25.0 / 7)) < 1e-3)
            // The same again gives the same.
            #expect(try fitter.fit(Self.everything, on: .validation).manifest == fitted.manifest)
            // What follows a new selection is void; what it left out is remembered.
            let again = try Self.fitter(fitted, dataset).fit(.init(picks: 2), on: .validation)
            #expect(
                again.manifest.combine.fits?.map(\.part) == [.selection, .temperature, .selection])
        }
    }

    @Test func anEmptyPlanChangesNothing() throws {
        try TrainingFixtures.withFolder { folder in
            let (ensemble, dataset) = try Self.ensemble(
                folder, [Voice(probability: 0.9)], present: Self.validation)
            let same = try Self.fitter(ensemble, dataset).fit(.init(), on: .validation)
            #expect(same.manifest == ensemble.manifest)
            #expect(CombineFitPlan().isEmpty && !Self.everything.isEmpty)
        }
    }

    @Test func whatHasNoUseIsRefused() throws {
        try TrainingFixtures.withFolder { folder in
            let voices = [Voice(probability: 0.9), Voice(probability: 0.2)]
            let (votes, dataset) = try Self.ensemble(
                folder, voices, present: Self.validation, method: .hardVoting)
            let staple = try ComparedData.ensemble(folder, voices, method: .staple, name: "s")
            for plan in [CombineFitPlan(weights: true), .init(temperature: true)] {
                let error = TrainingFixtures.error(.usage) {
                    _ = try Self.fitter(votes, dataset).fit(plan, on: .validation)
                }
                #expect(error?.description.contains("hard-voting") == true)
            }
            #expect(
                try Self.fitter(votes, dataset).fit(.init(picks: 2, order: true), on: .validation)
                    .members.count == 1)
            for plan in [
                CombineFitPlan(weights: true), .init(temperature: true), .init(picks: 2),
                .init(order: true),
            ] {
                TrainingFixtures.error(.usage) {
                    _ = try Self.fitter(staple, dataset).fit(plan, on: .validation)
                }
            }
            for picks in [0, 1001] {
                TrainingFixtures.error(.usage) {
                    _ = try Self.fitter(votes, dataset).fit(.init(picks: picks), on: .validation)
                }
            }
        }
    }

    // MARK: What it says afterwards

    @Test func comparisonsWarnOfWhatWasFitted() throws {
        try TrainingFixtures.withFolder { folder in
            let (ensemble, dataset) = try Self.ensemble(
                folder, [Voice(probability: 0.9), Voice(probability: 0.2)],
                present: ["a0": 8, "v0": 12, "v1": 13, "t0": 12])
            let fitted = try Self.fitter(ensemble, dataset).fit(
                .init(weights: true, order: true, temperature: true), on: .validation)
            func compared(_ ensemble: OpenedEnsemble, _ samples: [Int]) throws -> Comparison {
                try Comparer(ensemble, dataset: dataset, backend: TestMembers.exact())
                    .compare(samples, split: "some")
            }
            let split = try dataset.split()
            let warned = try compared(fitted, split.validation)
            #expect(warned.fittedImages == 2)
            // Another order changes no score.
            #expect(warned.fittedParts == ["weights", "temperature"])
            let fair = try compared(fitted, split.test)
            #expect(fair.fittedImages == 0 && fair.fittedParts == nil)
            #expect(try compared(ensemble, split.validation).fittedImages == nil)
            let sorted = try Self.fitter(ensemble, dataset).fit(
                .init(order: true), on: .validation)
            #expect(try compared(sorted, split.validation).fittedImages == nil)
        }
    }

    @Test func theGainIsMeasuredWhereNothingWasFitted() throws {
        try TrainingFixtures.withFolder { folder in
            let (ensemble, dataset) = try Self.ensemble(
                folder, [Voice(probability: 0.1), Voice(probability: 0.8)],
                present: ["a0": 8, "v0": 12, "t0": 12, "t1": 4])
            let fitted = try Self.fitter(ensemble, dataset).fit(.init(picks: 3), on: .validation)
            func gain(_ samples: [Int]) throws -> FitGain? {
                try FitGain.measure(
                    before: ensemble, after: fitted, dataset: dataset,
                    evaluation: EvaluationSection(), samples: samples, split: "some",
                    backend: TestMembers.exact())
            }
            let split = try dataset.split()
            let found = try #require(try gain(split.test))
            #expect(found.images == 2)
            expectClose(found.before, 0)
            expectClose(found.after, (24.0 / 28 + 8.0 / 20) / 2)
            #expect(try #require(found.lower) <= found.after && found.upper != nil)
            let error = TrainingFixtures.error(.usage) { _ = try gain(split.validation) }
            #expect(error?.description.contains("the choice of members") == true)
        }
    }

    @Test func outOfBagScoresOfFittedEnsemblesAreOptimistic() throws {
        try TrainingFixtures.withFolder { folder in
            let (ensemble, dataset) = try Self.ensemble(
                folder,
                [
                    Voice(probability: 0.9, bag: ["a0", "a0"]),
                    Voice(probability: 0.2, bag: ["a1", "a1"]),
                ], present: ["a0": 12, "a1": 12, "a2": 12])
            func isOptimistic(_ ensemble: OpenedEnsemble) throws -> Bool? {
                try OutOfBag.record(
                    ensemble, dataset: dataset, evaluation: EvaluationSection(),
                    backend: TestMembers.exact())?.score.score.isOptimistic
            }
            #expect(try isOptimistic(ensemble) == false)
            let fitter = Self.fitter(ensemble, dataset)
            #expect(
                try isOptimistic(fitter.fit(.init(temperature: true), on: .outOfBag)) == true)
            #expect(try isOptimistic(fitter.fit(.init(order: true), on: .outOfBag)) == false)
        }
    }
}
