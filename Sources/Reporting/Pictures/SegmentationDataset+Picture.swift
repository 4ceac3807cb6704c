import SegmentationData

extension SegmentationDataset {
    /// A sample's image as people see it, in the size of its truth.
    ///
    /// - Throws: `FloeError` where it cannot be read.
    func picture(at index: Int, height: Int, width: Int) throws -> Picture {
        // Computed bands are no colours.
        let image = try sample(at: index).image.takingFirst(storedBands.count)
        return OverlayRenderer.picture(
            of: image.resizedBilinear(height: height, width: width), names: storedBands)
    }
}
