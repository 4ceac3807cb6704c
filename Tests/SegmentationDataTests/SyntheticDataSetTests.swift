import DurableFiles
import Foundation
import TensorCore
import Testing

@testable import SegmentationData

struct SyntheticDataSetTests {
    private static let small = ImageSize(height: 70, width: 105)

    private func make(
        _ layout: SyntheticDataSet.Layout, count: Int, seed: UInt64 = 5
    ) throws -> SyntheticDataSet {
        let size = layout.standardSize == nil ? nil : Self.small
        return try SyntheticDataSet(layout, count: count, seed: seed, size: size)
    }

    private func files(_ folder: String) throws -> [String: SHA256Digest] {
        var result: [String: SHA256Digest] = [:]
        for file in try FileManager.default.subpathsOfDirectory(atPath: folder)
        where file.contains(".") {
            result[file] = try SHA256Digest.ofFile(at: "\(folder)/\(file)")
        }
        return result
    }

    @Test(arguments: SyntheticDataSet.Layout.allCases)
    func theSameSeedGivesTheSameBytes(_ layout: SyntheticDataSet.Layout) throws {
        try Fixtures.withFolder { folder in
            // The large scenes of the first layout take their time.
            let count = layout == .seaIce ? 1 : 3
            let set = try make(layout, count: count)
            try set.write(to: "\(folder)/a")
            try set.write(to: "\(folder)/b")
            // A second time over what is there.
            try set.write(to: "\(folder)/b")
            let first = try files("\(folder)/a")
            #expect(try files("\(folder)/b") == first)
            #expect(first.keys.allSatisfy(set.owns))
            #expect(first["dataset.yaml"] != nil && first["README.md"] != nil)
            try make(layout, count: count, seed: 6).write(to: "\(folder)/c")
            let other = try files("\(folder)/c")
            #expect(Set(other.keys) == Set(first.keys))
            for (file, digest) in first where file != "dataset.yaml" {
                #expect(other[file] != digest, "\(file) does not depend on the seed")
            }
        }
    }

    @Test(arguments: [SyntheticDataSet.Layout.seaIce, .clouds, .lungs])
    func aSceneDoesNotDependOnHowManyThereAre(_ layout: SyntheticDataSet.Layout) throws {
        try Fixtures.withFolder { folder in
            try make(layout, count: 3).write(to: "\(folder)/a")
            try make(layout, count: 2).write(to: "\(folder)/b")
            let many = try files("\(folder)/a")
            for (file, digest) in try files("\(folder)/b")
            where file.contains("000") { #expect(many[file] == digest) }
            let error = Fixtures.error { try make(layout, count: 2).write(to: "\(folder)/a") }
            #expect(error?.kind == .usage)
        }
    }

    @Test func fixedSizesAndCountsOutOfRangeAreRefused() {
        for attempt in [
            { _ = try SyntheticDataSet(.seaIce, size: Self.small) },
            { _ = try SyntheticDataSet(.mars, size: Self.small) },
            { _ = try SyntheticDataSet(.lungs, size: ImageSize(height: 63, width: 100)) },
            { _ = try SyntheticDataSet(.clouds, size: ImageSize(height: 100, width: 8193)) },
            { _ = try SyntheticDataSet(.clouds, count: 0) },
            { _ = try SyntheticDataSet(.aerial, count: 1) },
            { _ = try SyntheticDataSet(.mars, count: 100_001) },
        ] as [() throws -> Void] {
            #expect(Fixtures.error { try attempt() }?.kind == .usage)
        }
    }

    @Test func theArchiveHoldsWhatTheScenesAre() throws {
        try Fixtures.withFolder { folder in
            try make(.mars, count: 40).write(to: folder)
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/mars.npz"))
            // One stored member, its values at the end of its content.
            let scene = MarsScene(seed: 5, number: 39)
            let values = Data(scene.image + scene.labels)
            #expect(bytes.range(of: values) != nil)
            let spoilt = [7, 31].map { MarsScene(seed: 5, number: $0) }
            #expect(spoilt[0].labels == spoilt[1].labels && spoilt[0].image != spoilt[1].image)
            #expect(MarsScene(seed: 5, number: 8).labels != spoilt[0].labels)
        }
    }

    @Test func theTableHoldsTheMasks() throws {
        try Fixtures.withFolder { folder in
            try make(.clouds, count: 4).write(to: folder)
            let table = try String(contentsOfFile: "\(folder)/train.csv", encoding: .utf8)
            let rows = table.split(separator: "\n")
            #expect(rows.count == 17 && rows[0] == "Image_Label,EncodedPixels")
            for number in 0..<4 {
                let scene = CloudScene(seed: 5, number: number, size: Self.small)
                for (k, name) in CloudScene.classes.enumerated() {
                    let parts = rows[1 + 4 * number + k].split(
                        separator: ",", omittingEmptySubsequences: false)
                    #expect(parts[0] == "000\(number).jpg_\(name)")
                    let runs = try RunLengths(parsing: parts[1], height: 70, width: 105)
                    #expect(runs.mask().map { $0 == 0 } == scene.masks[k].map { $0 == 0 })
                }
            }
        }
    }

    /// Some of each class somewhere, and no class everywhere.
    @Test func everyClassOccurs() {
        var clouds = [Int](repeating: 0, count: 4)
        var mars = [Int](repeating: 0, count: 5)
        for number in 0..<24 {
            let scene = CloudScene(seed: 1, number: number, size: Self.small)
            for k in 0..<4 where scene.masks[k].contains(1) { clouds[k] += 1 }
            for label in Set(MarsScene(seed: 1, number: number).labels) { mars[Int(label)] += 1 }
        }
        #expect(clouds.allSatisfy { (4...20).contains($0) }, "\(clouds)")
        #expect(mars.allSatisfy { $0 >= 5 }, "\(mars)")
        let aerial = AerialScene(seed: 1, number: 0, size: ImageSize(height: 400, width: 500))
        #expect(Set(aerial.labels) == Set(0..<6))
        for number in 0..<6 {
            let mask = LungScene(seed: 1, number: number, size: Self.small).mask
            let share = Double(mask.count { $0 >= 128 }) / Double(mask.count)
            #expect((0.08...0.4).contains(share), "\(share)")
            #expect(mask.contains { $0 > 0 && $0 < 255 })
        }
    }

    /// A picture of one colour a class would be no task, and one without any relation none either.
    @Test func lungsAreDarkerButNotByOneThreshold() {
        var errors = 0.0
        for number in 0..<6 {
            let scene = LungScene(seed: 3, number: number, size: Self.small)
            let wrong = (0..<32).map { step in
                zip(scene.image, scene.mask).count { (Int($0) < 8 * step) != ($1 >= 128) }
            }
            let best = wrong.min() ?? 0
            errors += Double(best) / Double(scene.mask.count) / 6
        }
        #expect(errors > 0.02 && errors < 0.3, "\(errors)")
    }
}
