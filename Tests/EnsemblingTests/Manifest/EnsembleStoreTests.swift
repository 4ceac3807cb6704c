import DurableFiles
import Foundation
import Glibc
import ModelZoo
import Testing
import Training
import TrainingTestSupport

@testable import Ensembling

/// Fails closed: what is not exactly what the manifest says is not opened.
@Suite struct EnsembleStoreTests {
    private static let answers: [[Float]] = [[0.2], [0.6], [0.9]]

    /// An ensemble manifest by hand around some members and what follows them.
    private static func draft(_ members: String, _ more: String = "") -> String {
        """
        {"format": "floe.ensemble/1", "combine": {"method": "soft-voting"},
         "members": [\(members)]\(more)}
        """
    }

    @Test func aWholeEnsembleOpensInTheManifestsOrder() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, Self.answers)
            let path = try EnsembleFiles.write(folder, files.reversed())
            let ensemble = try EnsembleStore.open(path)
            #expect(ensemble.path == path)
            #expect(ensemble.names == ["m2", "m1", "m0"])
            #expect(ensemble.members.map(\.sha256) == ensemble.manifest.members.map(\.sha256))
            #expect(ensemble.missing.isEmpty)
            #expect(ensemble.bands == ["band0"] && ensemble.classes == 1)
        }
    }

    @Test func aDraftIsReadButNotOpened() throws {
        try TrainingFixtures.withFolder { folder in
            let path = folder + "/draft.json"
            try EnsembleFiles.put(Self.draft(#"{"path": "m0/manifest.json"}"#), path)
            // Reading opens nothing but the file itself: there is no such member.
            #expect(try EnsembleStore.read(path).members.count == 1)
            _ = try EnsembleFiles.members(folder, [[0.5]])
            let error = TrainingFixtures.error(.badData) { _ = try EnsembleStore.open(path) }
            #expect(error?.file == path)
            #expect(error?.description.contains("no digest") == true)
            #expect(error?.advice?.contains("floe ensemble build") == true)
        }
    }

    @Test func theRootIsTheFolderOrTheOneAbove() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, Self.answers)
            let path = try EnsembleFiles.write(folder, files)
            let above = folder + "/manifests/e.json"
            try DurableFile.createFolder(folder + "/manifests")
            for root in [nil, ".", ".."] as [String?] {
                var manifest = try EnsembleStore.read(path)
                manifest.root = root
                try BoundedJSON.write(manifest, to: root == ".." ? above : path)
                #expect(
                    try EnsembleStore.open(root == ".." ? above : path).members.count == 3)
            }
            // The same file without the root does not find its members.
            try EnsembleFiles.replace("\"..\"", "\".\"", in: above)
            let error = TrainingFixtures.error(.badData) { _ = try EnsembleStore.open(above) }
            #expect(error?.file == above)
        }
    }

    @Test(arguments: ["", "../..", "/", "./", "zoo", "...", "..\\u0000"])
    func otherRootsAreRefused(_ root: String) throws {
        try TrainingFixtures.withFolder { folder in
            let path = folder + "/e.json"
            try EnsembleFiles.put(
                Self.draft(#"{"path": "m0/manifest.json"}"#, ", \"root\": \"\(root)\""), path)
            let error = TrainingFixtures.error(.badData) { _ = try EnsembleStore.read(path) }
            #expect(error?.file == path)
            #expect(error?.expected == "'.' or '..'")
        }
    }

    /// The user named the ensemble; the manifest named the member.
    @Test func aMissingEnsembleIsNotFoundAMissingMemberIsBadData() throws {
        try TrainingFixtures.withFolder { folder in
            let none = folder + "/none.json"
            #expect(TrainingFixtures.error(.notFound) { _ = try EnsembleStore.read(none) } != nil)
            TrainingFixtures.error(.notFound) { _ = try EnsembleStore.open(none) }
            let error = TrainingFixtures.error(.notFound) { _ = try EnsembleStore.openAny(none) }
            #expect(error?.file == none)
            let files = try EnsembleFiles.members(folder, Self.answers)
            let path = try EnsembleFiles.write(folder, files)
            try EnsembleFiles.remove(files[1])
            let missing = TrainingFixtures.error(.badData) { _ = try EnsembleStore.open(path) }
            #expect(missing?.file == path)
            #expect(missing?.description.contains("m1/manifest.json") == true)
        }
    }

    /// R13: refused before anything is opened; opening the FIFO would hang this test.
    @Test(arguments: [
        ("", "is empty"), ("/etc/hostname", "is absolute"), ("../m0/manifest.json", "climbs out"),
        ("m0/../../other", "climbs out"), ("m0//manifest.json", "empty part"),
        ("m0/manifest.json\0.json", "NUL"), ("leak/manifest.json", "outside"),
        ("null", "outside"), ("fifo", "got a FIFO"), ("m0", "got a folder"),
        ("loop", "cannot be found"), ("M0/manifest.json", "got 'm0'"),
        (String(repeating: "n", count: 256), "part that is too long"),
        (String(repeating: "n/", count: 3000), "at most 4096 bytes"),
    ])
    func hostilePathsAreRefused(_ hostile: String, _ reason: String) throws {
        try TrainingFixtures.withFolder { outer in
            let folder = outer + "/inner"
            try DurableFile.createFolder(folder)
            let files = try EnsembleFiles.members(folder, [[0.5]])
            _ = try TestMembers.save(outer, name: "other")
            #expect(symlink("../other", folder + "/leak") == 0)
            #expect(symlink("/dev/null", folder + "/null") == 0)
            #expect(symlink("loop", folder + "/loop") == 0)
            #expect(mkfifo(folder + "/fifo", 0o600) == 0)
            let path = try EnsembleFiles.write(folder, files) { $0.members[0].path = hostile }
            let error = TrainingFixtures.error(.badData) { _ = try EnsembleStore.open(path) }
            #expect(error?.file == path)
            #expect(error?.kind.exitCode == 3)
            #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
        }
    }

    @Test func linksWithinTheRootAreFollowed() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, [[0.5]])
            #expect(symlink("m0", folder + "/alias") == 0)
            let path = try EnsembleFiles.write(folder, files) {
                $0.members[0].path = "alias/manifest.json"
            }
            // The member is known by where it really lies.
            #expect(try EnsembleStore.open(path).names == ["m0"])
        }
    }

    /// On some file systems these are one file, so nowhere they may be two.
    @Test func pathsThatDifferInCaseOnlyAreRefused() throws {
        try TrainingFixtures.withFolder { folder in
            let path = folder + "/e.json"
            try EnsembleFiles.put(
                Self.draft(#"{"path": "ice/manifest.json"}, {"path": "Ice/manifest.json"}"#), path)
            let error = TrainingFixtures.error(.badData) { _ = try EnsembleStore.read(path) }
            #expect(error?.file == path)
            #expect(error?.description.contains("upper and lower case only") == true)
        }
    }

    @Test func onlyARegularFileIsAManifest() throws {
        try TrainingFixtures.withFolder { folder in
            #expect(mkfifo(folder + "/fifo", 0o600) == 0)
            for path in [folder, folder + "/fifo", "/dev/zero"] {
                let error = TrainingFixtures.error(.badData) { _ = try EnsembleStore.open(path) }
                #expect(error?.file == path)
                TrainingFixtures.error(.badData) { _ = try EnsembleStore.openAny(path) }
            }
        }
    }

    @Test(arguments: [
        ("\"combine\"", "\"treshold\": 1, \"combine\"", "treshold"),
        ("\"method\"", "\"metod\": 1, \"method\"", "combine.metod"),
        ("\"path\"", "\"weigth\": 2, \"path\"", "did you mean 'weight'?"),
        ("\"format\"", "\"format\": \"x\", \"format\"", "occurs twice"),
    ])
    func unknownAndDoubledKeysAreRefused(_ old: String, _ new: String, _ words: String) throws {
        try TrainingFixtures.withFolder { folder in
            let path = try EnsembleFiles.write(
                folder, EnsembleFiles.members(folder, [[0.5]]))
            try EnsembleFiles.replace(old, new, in: path)
            let error = TrainingFixtures.error(.badData) { _ = try EnsembleStore.open(path) }
            #expect(error?.file == path)
            #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        }
    }

    /// R17: the newer version is named before its unknown keys are stumbled over.
    @Test func anotherFormatIsRefusedByName() throws {
        try TrainingFixtures.withFolder { folder in
            let path = folder + "/e.json"
            try EnsembleFiles.put(#"{"format": "floe.ensemble/2", "experts": []}"#, path)
            let newer = TrainingFixtures.error(.badData) { _ = try EnsembleStore.open(path) }
            #expect(newer?.file == path)
            #expect(newer?.description.contains("newer Floe") == true)
            #expect(newer?.got == "'floe.ensemble/2'")
            let member = try EnsembleFiles.members(folder, [[0.5]])[0]
            let other = TrainingFixtures.error(.badData) { _ = try EnsembleStore.open(member) }
            #expect(other?.got == "'floe.member/1'")
            try EnsembleFiles.put(#"{"members": []}"#, path)
            TrainingFixtures.error(.badData) { _ = try EnsembleStore.open(path) }
        }
    }

    @Test(arguments: [(0, false), (1, true), (1000, true), (1001, false)])
    func oneToAThousandMembers(_ count: Int, _ isAllowed: Bool) throws {
        try TrainingFixtures.withFolder { folder in
            let path = folder + "/e.json"
            let entry = #"{"path": "m/manifest.json"}"#
            let members = [String](repeating: entry, count: count).joined(separator: ",")
            try EnsembleFiles.put(Self.draft(members), path)
            if isAllowed {
                #expect(try EnsembleStore.read(path).members.count == count)
            } else {
                let error = TrainingFixtures.error(.badData) { _ = try EnsembleStore.read(path) }
                #expect(error?.file == path)
                #expect(error?.got == "\(count)")
            }
        }
    }

    @Test(arguments: [
        "-1", "-1e-300", "[1, -0.5]", "[]", "NaN", "1e999", "[1e999]", "\"2\"", "true", "[[1]]",
        "{}", "Infinity",
    ])
    func weightsThatAreNoShareAreRefused(_ weight: String) throws {
        try TrainingFixtures.withFolder { folder in
            let path = folder + "/e.json"
            try EnsembleFiles.put(Self.draft("{\"path\": \"m\", \"weight\": \(weight)}"), path)
            let error = TrainingFixtures.error(.badData) { _ = try EnsembleStore.read(path) }
            #expect(error?.file == path)
        }
    }

    @Test(arguments: ["0", "1", "-0.1", "1.5", "NaN", "\"0.5\""])
    func thresholdsThatDecideNothingAreRefused(_ threshold: String) throws {
        try TrainingFixtures.withFolder { folder in
            let path = folder + "/e.json"
            try EnsembleFiles.put(Self.draft(#"{"path": "m"}"#), path)
            try EnsembleFiles.replace(
                "\"soft-voting\"", "\"soft-voting\", \"thresholds\": [0.5, \(threshold)]",
                in: path)
            let error = TrainingFixtures.error(.badData) { _ = try EnsembleStore.read(path) }
            #expect(error?.file == path)
        }
    }

    /// A manifest cut anywhere is damaged, never a smaller ensemble.
    @Test func everyCutIsRefused() throws {
        try TrainingFixtures.withFolder { folder in
            let path = folder + "/e.json"
            try EnsembleFiles.put(Self.draft(#"{"path": "m", "weight": 10}"#), path)
            let whole = try EnsembleFiles.bytes(path)
            for count in 0..<whole.count {
                try whole.prefix(count).write(to: URL(fileURLWithPath: path))
                let error = TrainingFixtures.error(.badData) { _ = try EnsembleStore.read(path) }
                #expect(error?.file == path)
            }
        }
    }

    @Test func aChangedMemberIsRefused() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, Self.answers)
            let path = try EnsembleFiles.write(folder, files)
            // A space more is enough: the manifest is known by its bytes.
            try EnsembleFiles.replace("{", "{ ", in: files[1])
            let error = TrainingFixtures.error(.badData) { _ = try EnsembleStore.open(path) }
            #expect(error?.file == files[1])
            #expect(error?.description.contains("SHA-256") == true)
            TrainingFixtures.error(.badData) { _ = try EnsembleStore.openAny(path) }
        }
    }

    @Test func asManyMembersMayBeMissingAsAllowed() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, Self.answers)
            let path = try EnsembleFiles.write(folder, files)
            try EnsembleFiles.remove(files[0])
            TrainingFixtures.error(.badData) { _ = try EnsembleStore.open(path) }
            let ensemble = try EnsembleStore.open(path, allowedMissing: 1)
            #expect(ensemble.names == ["m1", "m2"])
            #expect(ensemble.missing.map(\.kind) == [.badData])
            #expect(ensemble.missing.first?.description.contains("m0/manifest.json") == true)
            // Weights are looked at as well, or the damage would be found in the middle of a scene.
            try EnsembleFiles.damage(EnsembleFiles.weightsFile(files[1]))
            let error = TrainingFixtures.error(.badData) {
                _ = try EnsembleStore.open(path, allowedMissing: 1)
            }
            #expect(error?.file == EnsembleFiles.weightsFile(files[1]))
            #expect(try EnsembleStore.open(path, allowedMissing: 2).names == ["m2"])
            #expect(try EnsembleStore.openAny(path, allowedMissing: 2).names == ["m2"])
            // An ensemble of nobody says nothing, however many may be missing.
            try EnsembleFiles.remove(files[2])
            TrainingFixtures.error(.badData) {
                _ = try EnsembleStore.open(path, allowedMissing: 999)
            }
        }
    }

    /// A member may be missing, but one that is there must fit.
    @Test func membersThatDisagreeAreRefusedEvenIfOneMayBeMissing() throws {
        try TrainingFixtures.withFolder { folder in
            let files = try EnsembleFiles.members(folder, [[0.5], [0.5, 0.25, 0.25]])
            let path = try EnsembleFiles.write(folder, files)
            for allowed in [0, 1] {
                let error = TrainingFixtures.error(.badData) {
                    _ = try EnsembleStore.open(path, allowedMissing: allowed)
                }
                #expect(error?.file == files[1])
            }
        }
    }

    @Test func aMemberIsAnEnsembleOfOne() throws {
        try TrainingFixtures.withFolder { folder in
            let file = try EnsembleFiles.members(folder, [[0.7]])[0]
            let ensemble = try EnsembleStore.openAny(file)
            #expect(ensemble.members.count == 1)
            #expect(ensemble.members[0].sha256 == (try SHA256Digest.ofFile(at: file)))
            #expect(ensemble.weights == [[1]])
            #expect(ensemble.rule.method == .softVoting)
            try EnsembleFiles.replace("floe.member/1", "floe.member/2", in: file)
            let error = TrainingFixtures.error(.badData) { _ = try EnsembleStore.openAny(file) }
            #expect(error?.file == file)
            #expect(error?.description.contains("newer Floe") == true)
        }
    }
}
