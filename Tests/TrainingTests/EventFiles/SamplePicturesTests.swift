import Foundation
import SegmentationModels
import TensorCore
import Testing
import TrainingTestSupport

@testable import SegmentationData
@testable import Training

@Suite struct SamplePicturesTests {
    private func pictures(_ recipe: Recipe) throws -> SamplePictures {
        let dataset = try SegmentationDataset.open(recipe.data)
        let data = try MemberData(dataset, recipe: recipe, member: 0)
        return try SamplePictures(
            BatchAssembler(data, recipe: recipe, member: 0, multiple: 4),
            evaluation: recipe.evaluation, presenceRule: nil)
    }

    private func validation(_ recipe: Recipe) throws -> [String] {
        let dataset = try SegmentationDataset.open(recipe.data)
        return try dataset.split().validation.map { dataset.ids[$0] }
    }

    /// The id in a tag such as "validation-1 05/truth".
    private static func subject(_ tag: String) -> String {
        String(tag.split(separator: " ")[1].split(separator: "/")[0])
    }

    private func decoded(_ value: TensorBoardEvent.Value, _ folder: String) throws -> Picture {
        guard case .image(let height, let width, let png) = value.content else {
            Issue.record("no picture")
            return Picture(height: 0, width: 0, values: [])
        }
        let path = folder + "/shown.png"
        try png.write(to: URL(fileURLWithPath: path))
        let raster = try ImageReader.readRaster(path: path, budget: .picture)
        #expect(raster.height == height && raster.width == width && raster.bands == 3)
        let planes = raster.floats(rows: 0..<height, columns: 0..<width).map { UInt8($0) }
        let count = height * width
        return Picture(
            height: height, width: width,
            values: (0..<count).flatMap {
                [planes[$0], planes[count + $0], planes[2 * count + $0]]
            })
    }

    private func predictions(
        _ pictures: SamplePictures, _ recipe: Recipe, logit: Float
    ) throws -> [TensorBoardEvent.Value] {
        var network = try ModelFactory.make(recipe.configuration(bands: 1), seed: 1)
        network.replaceState { entry in
            switch entry.name {
            case "outc/conv/weight": Tensor(zeros: entry.tensor.shape)
            case "outc/conv/bias": Tensor(repeating: logit, shape: entry.tensor.shape)
            default: nil
            }
        }
        let ready = network
        return try ComputeThread.shared.run {
            try pictures.predictions(ready, backend: OneDNNBackend(.exact), name: "prediction")
        }
    }

    /// A network that says the class is everywhere: yellow on it and red elsewhere; that it is
    /// nowhere: green on it. Sizes that are padded for the network are shown as they are.
    @Test(arguments: [(16, 16), (18, 30)])
    func rightWrongAndMissed(_ height: Int, _ width: Int) throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder, height: height, width: width)
            let recipe = try TrainingFixtures.recipe(folder)
            let pictures = try pictures(recipe)
            let ids = try validation(recipe).enumerated().map { "validation-\($0 + 1) \($1)" }
            #expect(ids.count == 2)
            for (logit, inside, outside) in [
                (Float(9), OverlayRenderer.right, OverlayRenderer.wrong as ClassColor?),
                (-9, OverlayRenderer.missed, nil),
            ] {
                let fixed = try pictures.fixed()
                let values = try predictions(pictures, recipe, logit: logit)
                #expect(values.map(\.tag) == ids.map { $0 + "/prediction" })
                #expect(fixed.map(\.tag) == ids.flatMap { [$0 + "/image", $0 + "/truth"] })
                for (number, value) in values.enumerated() {
                    let shown = try decoded(value, folder)
                    let plain = try decoded(fixed[2 * number], folder)
                    try #require(shown.height == height && shown.width == width)
                    let name = Self.subject(value.tag)
                    let mask = try ImageReader.readRaster(
                        path: "\(folder)/data/\(name)_mask.png", budget: .picture
                    ).floats(rows: 0..<height, columns: 0..<width)
                    for pixel in mask.indices {
                        let under = Array(plain.values[3 * pixel..<3 * pixel + 3])
                        let color = mask[pixel] > 0 ? inside : outside
                        let expected =
                            color.map { color in
                                zip(under, [color.red, color.green, color.blue]).map {
                                    UInt8((Double($0) / 2 + Double($1) / 2).rounded())
                                }
                            } ?? under
                        #expect(Array(shown.values[3 * pixel..<3 * pixel + 3]) == expected)
                    }
                }
            }
        }
    }

    @Test func largePicturesAreShrunk() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder, height: 400, width: 100)
            for value in try pictures(TrainingFixtures.recipe(folder)).fixed() {
                let shown = try decoded(value, folder)
                #expect(shown.height == 160 && shown.width == 40)
            }
        }
    }

    @Test func withoutValidationTheBagIsShown() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let recipe = try TrainingFixtures.recipe(
                folder, TrainingFixtures.softmax + ["data.split={train: 7, test: 1}"])
            let values = try predictions(pictures(recipe), recipe, logit: 0)
            for (number, value) in values.enumerated() {
                #expect(value.tag.hasPrefix("training-\(number + 1) "))
            }
            // Distinct, though a bag holds images twice.
            #expect(Set(values.map { Self.subject($0.tag) }).count == 3)
        }
    }

    /// Samples without any class are passed over where others are near.
    @Test func whatShowsSomethingIsChosen() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder, count: 12)
            let recipe = try TrainingFixtures.recipe(
                folder, ["data.split={train: 3, validation: 9}"])
            let validation = try validation(recipe)
            let chosen = [2, 3, 8].map { validation[$0] }
            for id in validation where !chosen.contains(id) {
                try ImageWriter.writeGrey(
                    [UInt8](repeating: 0, count: 256), height: 16, width: 16,
                    to: "\(folder)/data/\(id)_mask.png")
            }
            let shown = try pictures(recipe).fixed().map { Self.subject($0.tag) }
            #expect(shown == chosen.flatMap { [$0, $0] })
        }
    }
}
