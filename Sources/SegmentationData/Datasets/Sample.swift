/// One image with its truth, ready for augmentation and normalisation.
public struct Sample: Sendable {
    /// The photo's id, or `photo@row,column` for a patch.
    public var id: String
    public var group: String
    /// The bands in the file's own units, brought to the data set's size.
    public var image: BandImage
    public var target: SegmentationTarget
    /// The size of the photo on disk (of its mask, where it has one).
    public var originalSize: ImageSize
}
