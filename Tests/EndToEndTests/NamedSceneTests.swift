import Testing

@testable import floe

@Suite struct NamedSceneTests {
    @Test(arguments: [
        (["a/0001_vis.tiff"], "0001_vis"),
        (["a/0001_vis.tiff", "b/0001_sar.tiff"], "0001"),
        (["scene.v1.png", "scene.v2.png"], "scene.v"),
        (["red.tiff", "blue.tiff"], "red"),
        (["x-.tiff", "x-b.tiff", "x.tiff"], "x"),
    ])
    func resultsAreNamedAfterWhatFilesShare(files: [String], name: String) {
        #expect(NamedScene.name(of: files) == name)
    }
}
