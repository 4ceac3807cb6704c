import DurableFiles
import SegmentationData

/// A scene with the bands that a member has computed from those of its files.
///
/// Rows are read with those beside them that the values depend on, so that parts of the scene give
/// the same values as the whole.
struct ComputingScene: SceneSource {
    private let scene: any SceneSource
    private let computation: BandComputation
    let computedBands: [ComputedBand]

    /// - Parameters:
    ///   - scene: its own computed bands, where it has some, are put aside.
    ///   - stored: the names of the bands of the files.
    /// - Throws: `FloeError` of kind `badData` where the scene has another number of stored bands.
    init(
        _ scene: any SceneSource, computing computed: [ComputedBand], stored: [String]
    ) throws {
        let found = scene.bands - scene.computedBands.count
        guard found == stored.count else {
            throw FloeError(
                .badData, "an image with another number of bands than the members take",
                expected: "\(stored.count) (\(stored.joined(separator: ", ")))", got: "\(found)")
        }
        self.scene = scene
        computedBands = computed
        computation = try BandComputation(computed, stored: stored)
    }

    var bands: Int { computation.storedCount + computation.count }
    var height: Int { scene.height }
    var width: Int { scene.width }
    var isAtTrainingScale: Bool { scene.isAtTrainingScale }

    func readRows(_ rows: Range<Int>) throws -> BandImage {
        let around =
            max(
                0, rows.lowerBound - computation.reach)..<min(
                height, rows.upperBound + computation.reach)
        let image = try computation.appended(
            to: scene.readRows(around).takingFirst(computation.storedCount))
        guard around != rows else { return image }
        let first = rows.lowerBound - around.lowerBound
        return image.cropped(rows: first..<first + rows.count, columns: 0..<width)
    }

    func resized(height newHeight: Int, width newWidth: Int) throws -> BandImage {
        try computation.appended(
            to: scene.resized(height: newHeight, width: newWidth).takingFirst(
                computation.storedCount))
    }
}
