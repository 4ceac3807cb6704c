import DurableFiles
import Foundation
import Testing

@testable import SegmentationData

@Suite struct SourceIndexTests {
    /// A library's user may leave out what a recipe's reader asks for.
    @Test func aSourceWithoutAPlaceIsAnError() throws {
        try Fixtures.withFolder { root in
            try Fixtures.writeGrey([1, 2], height: 1, width: 2, to: "\(root)/a.png")
            for (images, masks) in [
                ([BandSource(files: ["*.png"])], [MaskSource()]), ([BandSource()], []),
            ] {
                let error = Fixtures.error {
                    _ = try PhotoIndex(
                        DatasetDescription(
                            root: root, images: images, masks: masks,
                            classes: [ClassDescription(name: "ice")]))
                }
                #expect(error?.kind == .usage)
            }
        }
    }

    /// Polygons are never taken for pixels.
    @Test func shapesAreNoImage() throws {
        try Fixtures.withFolder { root in
            try Data("{}".utf8).write(to: URL(fileURLWithPath: "\(root)/a.geojson"))
            let description = DatasetDescription(
                root: root, images: [BandSource(files: ["*.png"])],
                masks: [MaskSource(geojson: ["*.geojson"])],
                classes: [ClassDescription(name: "ice")])
            var opened = SourceIndex.OpenedArrays()
            let index = try SourceIndex(description.masks[0], description, &opened)
            let error = Fixtures.error { _ = try index.part(of: "a", lone: false, image: nil) }
            #expect(error?.kind == .internalFailure && error?.file == "\(root)/a.geojson")
            #expect(try index.part(of: "b", lone: false, image: nil) == nil)
            let part = try index.part(of: "a", lone: false, image: .file("\(root)/a.png"))
            #expect(part?.path == "\(root)/a.geojson")
        }
    }
}
