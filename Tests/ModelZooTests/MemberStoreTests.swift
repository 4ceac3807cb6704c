import DurableFiles
import Foundation
import Glibc
import NeuralNetworks
import SegmentationModels
import TensorCore
import Testing

@testable import ModelZoo

@Suite struct MemberStoreTests {
    static let configurations: [ModelConfiguration] =
        [
            ZooFixtures.tiny,
            .unet(bands: 4, classes: 2, baseWidth: 4, levels: 4, upsampling: .bilinear),
            .encoderUNet(
                .resnet18, bands: 3, classes: 2, baseWidth: 4, decoderChannels: [16, 8, 8, 4, 4]),
            .encoderUNet(
                .resnet34, bands: 4, classes: 2, baseWidth: 4, decoderChannels: [16, 8, 8, 4, 4]),
            .encoderUNet(
                .resnet50, bands: 1, classes: 2, baseWidth: 4, decoderChannels: [16, 8, 8, 4, 4]),
        ] + optional

    /// With optional parts of blocks: every kind of attention and of norm.
    static let optional: [ModelConfiguration] = {
        let bases: [ModelConfiguration] = [
            .unet(bands: 2, classes: 2, baseWidth: 4, levels: 1),
            .encoderUNet(
                .resnet18, bands: 1, classes: 2, baseWidth: 4, decoderChannels: [8, 4, 4, 4, 4]),
        ]
        return bases.flatMap { base in
            BlockOptions.Normalisation.allCases.enumerated().map { index, norm in
                var blocks = BlockOptions()
                blocks.normalisation = norm
                blocks.groups = norm == .group ? 2 : nil
                blocks.attention = index % 2 == 0 ? .concurrent : .squeezeExcitation
                blocks.attentionReduction = 2
                blocks.dropout = 0.5
                blocks.dilation = base.architecture.hasEncoder ? nil : 2
                var result = base
                result.blocks = blocks
                return result
            }
        }
    }()

    /// R16: saving what was loaded gives the same bytes.
    @Test(arguments: configurations)
    func saveLoadSaveGivesTheSameBytes(configuration: ModelConfiguration) throws {
        try ZooFixtures.withFolder { folder in
            let network = try ZooFixtures.network(configuration, seed: 11)
            let written = try MemberStore.save(
                network, draft: ZooFixtures.draft(configuration), to: "\(folder)/a",
                exactBackend: ZooFixtures.exact())
            let (manifest, loaded) = try MemberStore.load("\(folder)/a/manifest.json")
            #expect(manifest == written)
            #expect(loaded.configuration == configuration)
            let before = network.stateEntries()
            let after = loaded.stateEntries()
            #expect(after.map(\.name) == before.map(\.name))
            #expect(after.map(\.tensor.values) == before.map(\.tensor.values))
            try MemberStore.save(
                loaded, draft: MemberDraft(manifest), to: "\(folder)/b",
                exactBackend: ZooFixtures.exact())
            for name in ["weights.h5", "manifest.json"] {
                let first = try DurableFile.read("\(folder)/a/\(name)", limit: 1 << 30)
                #expect(try DurableFile.read("\(folder)/b/\(name)", limit: 1 << 30) == first)
            }
            #expect(
                MemberStore.verify("\(folder)/b", backend: ZooFixtures.exact()) == nil)
        }
    }

    @Test func aMemberIsAFolderWithItsExtras() throws {
        try ZooFixtures.withFolder { folder in
            let manifest = try MemberStore.save(
                ZooFixtures.network(), draft: ZooFixtures.draft(ZooFixtures.tiny),
                to: "\(folder)/m", exactBackend: ZooFixtures.exact(),
                extras: { try $0.write(Data("epoch,loss\n".utf8), as: "history.csv") })
            #expect(
                try DurableFile.listFolder("\(folder)/m")
                    == ["history.csv", "manifest.json", "weights.h5"])
            #expect(manifest.identity.id == String(manifest.weights.sha256.hex.prefix(16)))
            #expect(
                manifest.weights.sha256
                    == (try SHA256Digest.ofFile(at: "\(folder)/m/weights.h5")))
            #expect(manifest.weights.parameterCount == (try ZooFixtures.network().parameterCount))
            #expect(throws: FloeError.self) {
                try MemberStore.save(
                    ZooFixtures.network(), draft: ZooFixtures.draft(ZooFixtures.tiny),
                    to: "\(folder)/m", exactBackend: ZooFixtures.exact())
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["m"])
        }
    }

    @Test func aFailedSaveLeavesNothing() throws {
        try ZooFixtures.withFolder { folder in
            var network = try ZooFixtures.network()
            network.replaceState { entry in
                Tensor(repeating: .nan, shape: entry.tensor.shape)
            }
            let error = ZooFixtures.error {
                try MemberStore.save(
                    network, draft: ZooFixtures.draft(ZooFixtures.tiny), to: "\(folder)/m",
                    exactBackend: ZooFixtures.exact())
            }
            #expect(error?.kind == .numeric)
            #expect(error?.file == "\(folder)/m")
            var draft = ZooFixtures.draft(ZooFixtures.tiny)
            draft.input.bands.removeLast()
            #expect(throws: FloeError.self) {
                try MemberStore.save(
                    ZooFixtures.network(), draft: draft, to: "\(folder)/m",
                    exactBackend: ZooFixtures.exact())
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }

    @Test func damagedWeightsAreNotLoaded() throws {
        try ZooFixtures.withFolder { folder in
            let path = try ZooFixtures.copyTiny(to: "\(folder)/m")
            let file = URL(fileURLWithPath: "\(folder)/m/weights.h5")
            let whole = try Data(contentsOf: file)
            for damage in 0..<4 {
                var data = whole
                switch damage {
                case 0: data[data.count / 2] ^= 1
                case 1: data.removeLast()
                case 2: data.append(0)
                default: data = Data()
                }
                try data.write(to: file)
                let error = try #require(ZooFixtures.error { _ = try MemberStore.load(path) })
                #expect(error.kind == .badData)
                #expect(error.file?.hasSuffix("weights.h5") == true)
                #expect(
                    ZooFixtures.error {
                        try MemberStore.checkDigest(of: MemberStore.openManifest(path), at: path)
                    } != nil)
            }
            try FileManager.default.removeItem(at: file)
            #expect(ZooFixtures.error { _ = try MemberStore.load(path) }?.kind == .badData)
        }
    }

    @Test func aMissingManifestIsNotFound() throws {
        try ZooFixtures.withFolder { folder in
            #expect(
                ZooFixtures.error { _ = try MemberStore.load("\(folder)/manifest.json") }?.kind
                    == .notFound)
            #expect(ZooFixtures.error { _ = try MemberStore.load(folder) }?.kind == .notFound)
        }
    }

    /// Weights of another architecture under a manifest whose digest fits them.
    @Test func anotherArchitectureIsRefused() throws {
        try ZooFixtures.withFolder { folder in
            let path = try ZooFixtures.copyTiny(to: "\(folder)/m")
            var manifest = try MemberStore.openManifest(path)
            manifest.architecture = MemberManifest.Architecture(
                .unet(bands: 2, classes: 3, baseWidth: 2, levels: 1, upsampling: .bilinear))
            try BoundedJSON.write(manifest, to: path)
            let count = try #require(ZooFixtures.error { _ = try MemberStore.load(path) })
            #expect(count.kind == .badData)
            #expect(count.description.contains("architecture and weights do not agree"))
            // Even where the number of parameters is made to agree, names and shapes do not.
            manifest.weights.parameterCount =
                try ZooFixtures.network(manifest.architecture.configuration).parameterCount
            try BoundedJSON.write(manifest, to: path)
            let error = try #require(ZooFixtures.error { _ = try MemberStore.load(path) })
            #expect(error.description.contains("the tensors are not those of the network"))
        }
    }

    /// R13: paths in manifests are refused before anything is opened.
    @Test(arguments: [
        "../m/weights.h5", "a/../../x", "..", ".", "", "/etc/hostname", "/dev/zero", "link",
        "outside/weights.h5", "pipe", "folder", "Weights.h5", "weights.h5/", "a\u{0}b", "absent",
        String(repeating: "x", count: 300), String(repeating: "y/", count: 4000) + "z",
    ])
    func pathsOutOfTheFolderAreRefused(name: String) throws {
        try ZooFixtures.withFolder { folder in
            let path = try ZooFixtures.copyTiny(to: "\(folder)/m")
            try ZooFixtures.copyTiny(to: "\(folder)/elsewhere")
            let files = FileManager.default
            try files.createSymbolicLink(
                atPath: "\(folder)/m/link", withDestinationPath: "../elsewhere/weights.h5")
            try files.createSymbolicLink(
                atPath: "\(folder)/m/outside", withDestinationPath: "../elsewhere")
            try files.createDirectory(
                atPath: "\(folder)/m/folder", withIntermediateDirectories: false)
            #expect(mkfifo("\(folder)/m/pipe", 0o600) == 0)
            var manifest = try MemberStore.openManifest(path)
            manifest.weights.file = name
            try BoundedJSON.write(manifest, to: path)
            let error = try #require(ZooFixtures.error { _ = try MemberStore.load(path) })
            #expect(error.kind == .badData, "\(error)")
            #expect(!error.description.contains("\n"))
        }
    }

    @Test func aChangedManifestIsNoticedByItsDigest() throws {
        try ZooFixtures.withFolder { folder in
            let path = try ZooFixtures.copyTiny(to: "\(folder)/m")
            let digest = try SHA256Digest.ofFile(at: path)
            _ = try MemberStore.openManifest(path, expecting: digest)
            var manifest = try MemberStore.openManifest(path)
            manifest.identity.created = "2026-01-01T00:00:00Z"
            try BoundedJSON.write(manifest, to: path)
            let error = ZooFixtures.error {
                _ = try MemberStore.openManifest(path, expecting: digest)
            }
            #expect(error?.kind == .badData)
            #expect(error?.description.contains(digest.hex) == true)
        }
    }

    @Test func idsOfABagMayStandInASideFile() throws {
        try ZooFixtures.withFolder { folder in
            var draft = ZooFixtures.draft(ZooFixtures.tiny)
            let ids = try #require(draft.bag?.ids)
            draft.bag?.ids = nil
            draft.bag?.idsFile = "bag.txt"
            try MemberStore.save(
                ZooFixtures.network(), draft: draft, to: "\(folder)/m",
                exactBackend: ZooFixtures.exact(),
                extras: {
                    try $0.write(MemberManifest.Bag.fileContents(of: ids), as: "bag.txt")
                })
            let path = "\(folder)/m/manifest.json"
            let manifest = try MemberStore.openManifest(path)
            #expect(try MemberStore.bagIDs(of: manifest, at: path) == ids)
            try Data("a.tiff\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/m/bag.txt"))
            #expect(
                ZooFixtures.error { _ = try MemberStore.bagIDs(of: manifest, at: path) }?.kind
                    == .badData)
        }
    }

    /// R17: a member of format 1 opens for ever. It is never written anew: a new format gets a
    /// fixture of its own. (`FLOE_RECORD_FIXTURES=1` made it.)
    @Test func theMemberOfFormatOneOpens() throws {
        let folder = "\(ZooFixtures.folder)/format-1/member"
        if ProcessInfo.processInfo.environment["FLOE_RECORD_FIXTURES"] != nil,
            !FileManager.default.fileExists(atPath: folder)
        {
            try DurableFile.createFolder("\(ZooFixtures.folder)/format-1")
            try MemberStore.save(
                ZooFixtures.network(), draft: ZooFixtures.draft(ZooFixtures.tiny), to: folder,
                exactBackend: ZooFixtures.exact())
        }
        let (manifest, network) = try MemberStore.load("\(folder)/manifest.json")
        #expect(manifest.format == "floe.member/1")
        #expect(network.configuration == ZooFixtures.tiny)
        #expect(MemberStore.verify(folder, backend: ZooFixtures.exact()) == nil)
    }
}
