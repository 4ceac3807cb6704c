import DurableFiles
import Foundation
import SegmentationData
import TensorCore
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct SceneSourceTests {
    private func write(_ image: BandImage, _ path: String, nodata: Double? = nil) throws {
        try TIFFWriter.write(
            to: path,
            layout: .init(
                height: image.height, width: image.width, bands: image.bands,
                sampleType: .float32, nodata: nodata)
        ) { try $0.writeRows(image.values) }
    }

    @Test(arguments: [[10, 40], [50, 7], [1, 1], [29, 33], [64, 100]], [false, true])
    func largeScenesAreResizedAsSmallOnes(_ size: [Int], _ hasHoles: Bool) throws {
        try TrainingFixtures.withFolder { folder in
            var image = ScenePredictorTests.noise(bands: 2, height: 29, width: 33)
            if hasHoles { for pixel in [0, 40, 41, 500] { image.values[pixel] = -1 } }
            try write(image, folder + "/a.tiff", nodata: hasHoles ? -1 : nil)
            let scene = try FileScene(paths: [folder + "/a.tiff"])
            let whole = try scene.resized(height: size[0], width: size[1])
            #expect((whole.nodata?.contains(1) ?? false) == (hasHoles && size != [1, 1]))
            let byRows = try scene.resized(height: size[0], width: size[1], wholeLimit: 0)
            #expect(byRows.values == whole.values)
            #expect(byRows.nodata == whole.nodata)
        }
    }

    @Test func filesLieSideBySide() throws {
        try TrainingFixtures.withFolder { folder in
            let first = ScenePredictorTests.noise(bands: 3, height: 20, width: 16)
            let second = ScenePredictorTests.noise(height: 60, width: 48)
            try write(first, folder + "/a.tiff")
            try write(second, folder + "/b.tiff")
            let scene = try FileScene(paths: [folder + "/a.tiff", folder + "/b.tiff"])
            #expect(scene.bands == 4 && scene.height == 20 && scene.width == 16)
            let expected = first.appending(second.resizedBilinear(height: 20, width: 16))
            #expect(try scene.readRows(0..<20) == expected)
            #expect(
                try scene.readRows(5..<9)
                    == expected.cropped(rows: 5..<9, columns: 0..<16))
        }
    }

    /// As `take` did for training: other orders, and fewer bands than there are.
    @Test func someBandsOfSomeFiles() throws {
        try TrainingFixtures.withFolder { folder in
            let color = ScenePredictorTests.noise(bands: 4, height: 6, width: 5)
            let radar = ScenePredictorTests.noise(bands: 2, height: 6, width: 5)
            try write(color, folder + "/a.tiff")
            try write(radar, folder + "/b.tiff")
            let paths = [folder + "/a.tiff", folder + "/b.tiff"]
            let scene = try FileScene(paths: paths, taking: [[2, 1, 0], [1]])
            #expect(scene.bands == 4)
            let wanted = color.taking(bands: [2, 1, 0]).appending(radar.taking(bands: [1]))
            #expect(try scene.readRows(0..<6).values == wanted.values)
            #expect(
                try scene.readRows(2..<4).values
                    == wanted.cropped(rows: 2..<4, columns: 0..<5).values)
            #expect(
                try scene.resized(height: 3, width: 3).values
                    == wanted.resizedBilinear(height: 3, width: 3).values)
            let error = TrainingFixtures.error(.badData) {
                _ = try FileScene(paths: paths, taking: [[0], [2]])
            }
            #expect(error?.file == paths[1])
        }
    }

    @Test func filesThatAreNoImages() throws {
        try TrainingFixtures.withFolder { folder in
            TrainingFixtures.error(.notFound) { _ = try FileScene(paths: [folder + "/no.tiff"]) }
            try Data("no image".utf8).write(to: URL(fileURLWithPath: folder + "/a.tiff"))
            TrainingFixtures.error(.badData) { _ = try FileScene(paths: [folder + "/a.tiff"]) }
            TrainingFixtures.error(.usage) { _ = try FileScene(paths: []) }
        }
    }
}
