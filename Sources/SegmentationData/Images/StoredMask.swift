/// A mask as its file stores it, before anybody says what the values mean.
public struct StoredMask: Sendable, Hashable {
    public let bands: Int
    public let height: Int
    public let width: Int
    /// Planar: [band][row][column].
    public let values: [UInt16]
    /// Whether the values are indexes into a palette.
    public let isPalette: Bool

    /// The mask that one of the bands is.
    func taking(_ band: Int) -> StoredMask {
        if bands == 1 { return self }
        let count = height * width
        return StoredMask(
            bands: 1, height: height, width: width,
            values: Array(values[(band * count)..<((band + 1) * count)]), isPalette: isPalette)
    }
}
