import DurableFiles
import Foundation
import ModelZoo
import Testing
import Training
import TrainingTestSupport

@testable import Ensembling

@Suite struct OpenedEnsembleTests {
    private static let twoClasses: [[Float]] = [[0.5, 0.5], [0.25, 0.75]]

    /// The one problem that keeps an ensemble from being opened.
    private func refusal(
        _ folder: String, _ answers: [[Float]] = twoClasses,
        weights: [EnsembleManifest.Weight] = [], _ location: SourceLocation = #_sourceLocation,
        _ change: (inout EnsembleManifest) -> Void = { _ in }
    ) throws -> FloeError? {
        let path = try EnsembleFiles.write(
            folder, EnsembleFiles.members(folder, answers), weights: weights, change)
        return TrainingFixtures.error(.badData, location) { _ = try EnsembleStore.open(path) }
    }

    // MARK: Weights and rules

    @Test func weightsAddUpToOneForEveryClass() throws {
        try TrainingFixtures.withFolder { folder in
            let answers: [[Float]] = [[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]]
            let plain = try EnsembleFiles.opened(folder, answers)
            let third = 1.0 / 3
            #expect(plain.weights == [[Double]](repeating: [third, third], count: 3))
            let files = plain.members.map(\.path)
            // No weight stands for 1: 3 of 8, 1 of 4 and so on.
            let mixed = try EnsembleStore.open(
                EnsembleFiles.write(
                    folder, files, weights: [.member(3), .perClass([4, 0])]))
            #expect(mixed.weights == [[0.375, 0.75], [0.5, 0], [0.125, 0.25]])
        }
    }

    @Test func theRuleIsTheManifestsElseTheMembers() throws {
        try TrainingFixtures.withFolder { folder in
            let soft = try EnsembleFiles.opened(folder, Self.twoClasses)
            #expect(soft.rule.method == .softVoting && soft.rule.space == .probability)
            #expect(soft.rule.isExclusive)
            let one = try TestMembers.save(folder, name: "one") { $0.threshold = 0.3 }
            let own = try EnsembleStore.open(
                EnsembleFiles.write(folder, [one], method: .hardVoting))
            #expect(own.rule.method == .hardVoting && !own.rule.isExclusive)
            #expect(own.rule.thresholds == [0.3] && own.members[0].thresholds == [0.3])
            let stated = try EnsembleStore.open(
                EnsembleFiles.write(folder, [one]) { manifest in
                    manifest.combine.space = .logit
                    manifest.combine.thresholds = [0.8]
                })
            #expect(stated.rule.space == .logit && stated.rule.thresholds == [0.8])
        }
    }

    @Test func aClassWithoutWeightIsRefused() throws {
        try TrainingFixtures.withFolder { folder in
            let error = try refusal(folder, weights: [.perClass([1, 0]), .perClass([1, 0])])
            #expect(error?.file == folder + "/e.json")
            #expect(error?.description.contains("'class1'") == true)
        }
        try TrainingFixtures.withFolder { folder in
            let error = try refusal(folder, weights: [.member(0), .member(0)])
            #expect(error?.description.contains("'class0'") == true)
        }
        // Each is a number, but their sum is none: all shares would be 0.
        try TrainingFixtures.withFolder { folder in
            let error = try refusal(folder, weights: [.member(1e308), .member(1e308)])
            #expect(error?.description.contains("'class0'") == true)
        }
    }

    @Test(arguments: [[1.0], [1, 1, 1]])
    func anotherNumberOfWeightsThanClassesIsRefused(_ weights: [Double]) throws {
        try TrainingFixtures.withFolder { folder in
            let error = try refusal(folder, weights: [.member(1), .perClass(weights)])
            #expect(error?.file == folder + "/e.json")
            #expect(error?.description.contains("'m1/manifest.json'") == true)
            #expect(error?.expected?.contains("2 classes") == true)
        }
    }

    @Test func thresholdsAreOnePerSigmoidClass() throws {
        try TrainingFixtures.withFolder { folder in
            let error = try refusal(folder, [[0.5]]) { $0.combine.thresholds = [0.5, 0.5] }
            #expect(error?.file == folder + "/e.json")
            #expect(error?.expected == "1 numbers")
        }
        // Of classes that exclude one another the likeliest wins; a threshold would do nothing.
        try TrainingFixtures.withFolder { folder in
            let error = try refusal(folder) { $0.combine.thresholds = [0.5, 0.5] }
            #expect(error?.file == folder + "/e.json")
            #expect(error?.expected == "none for softmax")
        }
    }

    // MARK: Agreement

    @Test func membersMustAgree() throws {
        let foreign: [(String, (inout MemberManifest) -> Void)] = [
            ("bands", { $0.input.bands[0].name = "sar" }),
            ("classes", { $0.output.classes[1].name = "water" }),
            ("classes", { $0.output.classes.swapAt(0, 1) }),
            (
                "an output kind",
                {
                    $0.output.activation = .sigmoid
                    $0.output.threshold = 0.5
                }
            ),
        ]
        for (words, change) in foreign {
            try TrainingFixtures.withFolder { folder in
                let files = try EnsembleFiles.members(folder, Self.twoClasses)
                try EnsembleFiles.edit(files[1], change)
                let path = try EnsembleFiles.write(folder, files)
                let error = TrainingFixtures.error(.badData) { _ = try EnsembleStore.open(path) }
                #expect(error?.file == files[1])
                #expect(error?.what.hasPrefix(words) == true, "\(error?.what ?? "")")
                // The message says which two members do not fit together.
                #expect(error?.what.contains(files[0]) == true)
            }
        }
        try TrainingFixtures.withFolder { folder in
            let error = try refusal(folder, [[0.5, 0.5], [0.5, 0.25, 0.25]])
            #expect(error?.got == "class0,class1,class2")
        }
    }

    /// Bands in another order are other bands, whatever their number.
    @Test func theOrderOfBandsCounts() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, Self.twoClasses) { $0.bands = 2 }
            try EnsembleFiles.edit(files[1]) { $0.input.bands.swapAt(0, 1) }
            let path = try EnsembleFiles.write(folder, files)
            let error = TrainingFixtures.error(.badData) { _ = try EnsembleStore.open(path) }
            #expect(error?.file == files[1])
            #expect(error?.expected == "band0,band1" && error?.got == "band1,band0")
        }
    }

    /// Bands of one name that are computed otherwise are other bands.
    @Test func computedBandsMustAgree() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, Self.twoClasses) {
                $0.computed = [.init(from: "band0", filter: .sobel)]
            }
            let path = try EnsembleFiles.write(folder, files)
            let opened = try EnsembleStore.open(path)
            #expect(opened.bands == ["band0", "computed0"] && opened.fileBands == ["band0"])
            let others: [(MemberManifest.Input.Band.Computed?, String)] = [
                (.init(from: "band0", filter: .threshold, at: 3), "threshold 3.0 of band0"),
                (.init(from: "band0", filter: .haar, subband: .vertical), "haar vertical of band0"),
                (nil, "a band of the files"),
            ]
            for (computed, words) in others {
                try EnsembleFiles.edit(files[1]) { $0.input.bands[1].computed = computed }
                let path = try EnsembleFiles.write(folder, files)
                let error = TrainingFixtures.error(.badData) { _ = try EnsembleStore.open(path) }
                #expect(error?.file == files[1] && error?.what.contains("'computed0'") == true)
                #expect(error?.expected == "sobel of band0" && error?.got == words)
            }
        }
    }

    @Test func membersMayDifferInAllElse() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, Self.twoClasses)
            try EnsembleFiles.edit(files[1]) { manifest in
                manifest.input.bands[0].mean = 3
                manifest.input.tile = 64
            }
            #expect(
                try EnsembleStore.open(EnsembleFiles.write(folder, files)).members.count == 2)
        }
    }

    @Test func statedContractsMayNotLie() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, Self.twoClasses)
            let contract = EnsembleManifest.Output(
                classes: (0..<2).map { .init(name: "class\($0)", color: [$0, 0, 0]) },
                activation: .softmax)
            func error(_ change: (inout EnsembleManifest) -> Void) throws -> FloeError? {
                let path = try EnsembleFiles.write(folder, files, change)
                let error = TrainingFixtures.error(.badData) { _ = try EnsembleStore.open(path) }
                #expect(error?.file == path)
                return error
            }
            let honest = try EnsembleFiles.write(folder, files) { manifest in
                manifest.input = .init(bands: ["band0"])
                manifest.output = contract
            }
            #expect(try EnsembleStore.open(honest).members.count == 2)
            for bands in [["sar"], [], ["band0", "band0"]] {
                let refused = try error { $0.input = .init(bands: bands) }
                #expect(refused?.what.contains("input.bands") == true)
                #expect(refused?.expected == "band0")
            }
            var renamed = contract
            renamed.classes[0].name = "ice"
            var recoloured = contract
            recoloured.classes[1].color = [9, 9, 9]
            var shorter = contract
            shorter.classes.removeLast()
            var overlapping = contract
            overlapping.activation = .sigmoid
            for lie in [renamed, recoloured, shorter, overlapping] {
                #expect(try error { $0.output = lie }?.what.contains("output") == true)
            }
        }
    }

    /// Whoever repairs a manifest wants to see all that is wrong with it.
    @Test func everyDisagreementIsListed() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(
                folder, [[0.5], [0.5, 0.5], [0.25, 0.25, 0.5]])
            let manifest = try EnsembleStore.read(
                EnsembleFiles.write(folder, files) { manifest in
                    manifest.input = .init(bands: ["sar"])
                    manifest.combine.thresholds = [0.5, 0.5]
                })
            let members = try manifest.members.indices.map {
                try EnsembleStore.member($0, of: manifest, at: folder + "/e.json")
            }
            let problems = OpenedEnsemble.disagreements(
                path: folder + "/e.json", manifest: manifest, members: members,
                entries: manifest.members)
            #expect(problems.allSatisfy { $0.kind == .badData })
            #expect(
                problems.map(\.file)
                    == [files[1], files[2], folder + "/e.json", folder + "/e.json"])
        }
    }

    /// A mean is read by one threshold; which one must not depend on the members' order.
    @Test func thresholdsThatDifferNeedOneOfTheEnsemble() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try [0.3, 0.5].map { threshold in
                try TestMembers.save(folder, name: "m\(threshold)") { $0.threshold = threshold }
            }
            let error = TrainingFixtures.error(.badData) {
                _ = try EnsembleStore.open(EnsembleFiles.write(folder, files))
            }
            #expect(error?.file == files[1])
            #expect(error?.advice?.contains("combine.thresholds") == true)
            _ = try EnsembleStore.open(EnsembleFiles.write(folder, files, method: .hardVoting))
            let stated = try EnsembleStore.open(
                EnsembleFiles.write(folder, files) { $0.combine.thresholds = [0.4] })
            #expect(stated.rule.thresholds == [0.4])
        }
    }

    // MARK: Names

    @Test func membersOfSeveralRunsAreToldApart() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try ["a", "b"].map {
                try DurableFile.createFolder(folder + "/" + $0)
                return try TestMembers.save(folder + "/" + $0, name: "member-000")
            }
            let ensemble = try EnsembleStore.open(EnsembleFiles.write(folder, files))
            #expect(ensemble.names == ["a/member-000", "b/member-000"])
            let twice = try EnsembleStore.open(
                EnsembleFiles.write(folder, [files[0], files[0]]))
            #expect(twice.names == ["a/member-000", "a/member-000 (2)"])
        }
    }

    /// A folder may be called what the second of two equal names becomes.
    @Test func noTwoNamesAreAlike() throws {
        try TrainingFixtures.withFolder { folder in
            let plain = try TestMembers.save(folder, name: "a")
            let numbered = try TestMembers.save(folder, name: "a (2)")
            for files in [[plain, plain, numbered], [numbered, plain, plain, plain]] {
                let names = try EnsembleStore.open(EnsembleFiles.write(folder, files)).names
                #expect(Set(names).count == names.count, "\(names)")
            }
        }
    }

    /// A comparison has rows of its own; a member's must not be taken for them.
    @Test func noMemberIsCalledWhatIsNone() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try ["ensemble", "mean member", "without post-processing", "ensembles"].map
            {
                try TestMembers.save(folder, name: $0)
            }
            #expect(
                try EnsembleStore.open(EnsembleFiles.write(folder, files)).names == [
                    "ensemble (member)", "mean member (member)",
                    "without post-processing (member)", "ensembles",
                ])
            #expect(
                try EnsembleStore.open(EnsembleFiles.write(folder, [files[0], files[0]])).names
                    == ["ensemble (member)", "ensemble (member) (2)"])
        }
    }

    @Test func filesAreAllThatItIsMadeOf() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try EnsembleFiles.opened(folder, Self.twoClasses)
            let rest = ["/e.json", "/e.out-of-bag.json"].map { folder + $0 }
            let members = ["/m0", "/m1"].flatMap { name in
                ["/manifest.json", "/weights.h5"].map { folder + name + $0 }
            }
            #expect(ensemble.files == rest + members)
        }
    }

    // MARK: Going on without a member

    @Test func aFailingMemberIsLeftOutAndTheRestShareItsWeight() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try EnsembleFiles.opened(
                folder, [[0.2], [0.6], [0.9]], weights: [.member(1), .member(2), .member(5)])
            let failure = FloeError(.numeric, file: ensemble.members[2].path, "not finite")
            let rest = try ensemble.leavingOut(memberOf: failure, allowing: 1)
            #expect(rest.names == ["m0", "m1"])
            let shares: [Double] = [1.0 / 3, 2.0 / 3]
            #expect(rest.weights.flatMap { $0 } == shares)
            #expect(rest.missing == [failure])
            // One may be missing, and one is.
            let second = FloeError(.numeric, file: ensemble.members[0].path, "not finite")
            let error = TrainingFixtures.error(.numeric) {
                _ = try rest.leavingOut(memberOf: second, allowing: 1)
            }
            #expect(error == second)
            #expect(try rest.leavingOut(memberOf: second, allowing: 2).names == ["m1"])
        }
    }

    @Test func whatIsNoMembersFailureIsThrownAgain() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try EnsembleFiles.opened(folder, [[0.2], [0.6]])
            for file in [nil, folder + "/scene.png", ensemble.path] as [String?] {
                let scene = FloeError(.inputOutput, file: file, "could not be read")
                let error = TrainingFixtures.error(.inputOutput) {
                    _ = try ensemble.leavingOut(memberOf: scene, allowing: 9)
                }
                #expect(error == scene)
            }
            let last = try ensemble.leavingOut(
                memberOf: FloeError(.badData, file: ensemble.members[0].path, "x"), allowing: 9)
            TrainingFixtures.error(.badData) {
                _ = try last.leavingOut(
                    memberOf: FloeError(.badData, file: last.members[0].path, "x"), allowing: 9)
            }
        }
    }

    /// The rest cannot speak for a class that only the lost member was trusted with.
    @Test func aClassThatLosesAllItsWeightIsRefused() throws {
        try TrainingFixtures.withFolder { folder in
            let ensemble = try EnsembleFiles.opened(
                folder, Self.twoClasses, weights: [.perClass([1, 0]), .perClass([1, 1])])
            let lost = ensemble.members[1].path
            let failure = FloeError(.numeric, file: lost, "not finite")
            let error = TrainingFixtures.error(.badData) {
                _ = try ensemble.leavingOut(memberOf: failure, allowing: 1)
            }
            #expect(error?.description.contains("'class1'") == true)
            try EnsembleFiles.remove(lost)
            let missing = TrainingFixtures.error(.badData) {
                _ = try EnsembleStore.open(ensemble.path, allowedMissing: 1)
            }
            #expect(missing?.description.contains("'class1'") == true)
        }
    }
}
