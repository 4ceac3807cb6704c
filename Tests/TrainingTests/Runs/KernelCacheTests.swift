import DurableFiles
import Foundation
import SegmentationModels
import TensorCore
import TestSupport
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct KernelCacheTests {
    static let choices: [String: KernelTable.Algorithm] = [
        "2 x forward 32x24x24 32x32x3x3 p1": .winogradByTiles,
        "2 x inputGradient 32x24x24 32x32x3x3 p1": .direct,
    ]

    @Test func whatIsAddedIsFoundAgain() throws {
        try TrainingFixtures.withFolder { folder in
            let cache = KernelCache(folder: folder + "/a/b")
            #expect(cache.load().isEmpty)
            cache.add(Self.choices)
            #expect(KernelCache(folder: folder + "/a/b").load() == Self.choices)
            // Newer over older, the others stay.
            cache.add(["2 x forward 32x24x24 32x32x3x3 p1": .winograd, "another": .direct])
            #expect(
                cache.load() == [
                    "2 x forward 32x24x24 32x32x3x3 p1": .winograd,
                    "2 x inputGradient 32x24x24 32x32x3x3 p1": .direct, "another": .direct,
                ])
        }
    }

    /// A cache must never stop a run: it is ignored, and replaced by what is measured next.
    @Test(arguments: [
        "", "{", "[]", "null", "{\"format\":\"floe.kernels/1\"}",
        "{\"format\":\"floe.kernels/2\",\"choices\":{}}", String(repeating: "[", count: 9000),
    ])
    func aBrokenFileIsNoFile(_ text: String) throws {
        try TrainingFixtures.withFolder { folder in
            let cache = KernelCache(folder: folder)
            let path = try #require(cache.path)
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            #expect(cache.load().isEmpty)
            cache.add(Self.choices)
            #expect(cache.load() == Self.choices)
        }
    }

    @Test func anotherMachinesChoicesAreNotUsed() throws {
        try TrainingFixtures.withFolder { folder in
            let cache = KernelCache(folder: folder)
            cache.add(Self.choices)
            let path = try #require(cache.path)
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let other = text.replacingOccurrences(of: "onednn ", with: "onednn 9")
            #expect(other != text)
            try other.write(toFile: path, atomically: true, encoding: .utf8)
            #expect(cache.load().isEmpty)
        }
    }

    @Test func nowhereToWriteIsNoError() throws {
        try TrainingFixtures.withFolder { folder in
            let file = folder + "/file"
            try Data("x".utf8).write(to: URL(fileURLWithPath: file))
            for place in [nil, file, file + "/below", "/proc/floe"] {
                let cache = KernelCache(folder: place)
                cache.add(Self.choices)
                #expect(cache.load().isEmpty)
            }
            #expect(try String(contentsOfFile: file, encoding: .utf8) == "x")
        }
    }

    @Test func theFolderFollowsTheEnvironment() {
        #expect(KernelCache.folder([:]) == nil)
        #expect(KernelCache.folder(["HOME": "/home/a"]) == "/home/a/.cache/floe")
        #expect(KernelCache.folder(["HOME": "a"]) == nil)
        #expect(KernelCache.folder(["HOME": "/h", "XDG_CACHE_HOME": "/x"]) == "/x/floe")
        #expect(KernelCache.folder(["HOME": "/h", "XDG_CACHE_HOME": "x"]) == "/h/.cache/floe")
        #expect(KernelCache.folder(["HOME": "/h", "FLOE_KERNEL_CACHE": "/k"]) == "/k")
        #expect(KernelCache.folder(["HOME": "/h", "FLOE_KERNEL_CACHE": "off"]) == nil)
        #expect(KernelCache.folder(["HOME": "/h", "FLOE_KERNEL_CACHE": ""]) == "/h/.cache/floe")
    }

    /// A run's table is the same whether it was measured or known.
    @Test func aWarmUpLearnsAndKnows() throws {
        try TrainingFixtures.withFolder { folder in
            let cache = KernelCache(folder: folder)
            let model = try ModelConfiguration(name: "unet:16:2", bands: 1, classes: 1)
            func table() throws -> KernelTable {
                try KernelWarmUp.table(
                    model, kind: .sigmoid, batch: 1, height: 16, width: 16, cache: cache)
            }
            let first = try table()
            #expect(!first.choices.isEmpty)
            #expect(cache.load().count == first.choices.count)
            // Whatever stands there is believed, so that nothing was timed again.
            let all = cache.load().mapValues { _ in KernelTable.Algorithm.direct }
            cache.add(all)
            #expect(try table().choices.values.allSatisfy { $0 == .direct })
        }
    }
}
