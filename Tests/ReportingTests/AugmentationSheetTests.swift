import SegmentationData
import Testing
import Training
import TrainingTestSupport

@testable import Reporting

@Suite struct AugmentationSheetTests {
    private func picture(
        _ folder: String, _ more: [String], count: Int = 2, epoch: Int = 1, member: Int = 0
    ) throws -> Picture {
        let recipe = try TrainingFixtures.recipe(folder, ["augmentation={}"] + more)
        let dataset = try SegmentationDataset.open(recipe.data)
        let data = try MemberData(dataset, recipe: recipe, member: member)
        return try AugmentationSheet(data, recipe: recipe, member: member)
            .picture(count: count, epoch: epoch, side: 64)
    }

    /// The part of a sheet that one picture takes: captions of 64 pixels at most, a margin of 6.
    private func cell(_ sheet: Picture, _ index: Int) -> [UInt8] {
        (0..<64).flatMap { row -> [UInt8] in
            let start = 3 * ((6 + 14 + 14 + row) * sheet.width + 6 + index * 70)
            return Array(sheet.values[start..<start + 3 * 64])
        }
    }

    @Test func everyTransformHasItsPicture() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let more = ["augmentation={zoom: 0.01, mix: 0.01, noise: 0.01, elastic: 0}"]
            let sheet = try picture(folder, more)
            // The original, three transforms, and all; two samples.
            #expect(sheet.width == 6 + 5 * 70 && sheet.height == 6 + 2 * (14 + 14 + 64 + 6))
            let original = cell(sheet, 0)
            // Compared first: the macro would list every difference.
            let changed = (0...4).filter { cell(sheet, $0) != original }
            // All of them together are as likely as training makes them, which is hardly at all.
            #expect(changed == [1, 2, 3])
            #expect(try picture(folder, more) == sheet)
            let later = try picture(folder, more, epoch: 2)
            let isNew = cell(later, 1) != cell(sheet, 1)
            #expect(cell(later, 0) == original && isNew)
            #expect(try picture(folder, more, count: 1).height < sheet.height)
            #expect(try picture(folder, more, member: 1) != sheet)
        }
    }

    @Test func brightnessShows() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder)
            let sheet = try picture(
                folder, ["augmentation.brightness={probability: 1, limit: 1}"])
            let isBrighter = cell(sheet, 0) != cell(sheet, 1)
            #expect(isBrighter)
        }
    }

    @Test func withoutTransformsThereIsTheOriginal() throws {
        try TrainingFixtures.withFolder { folder in
            try TrainingFixtures.writeImages(folder, height: 12, width: 40)
            for more in [[], TrainingFixtures.softmax] {
                #expect(try picture(folder, more).width == 6 + 1 * 54)
            }
        }
    }
}
