/// Limits of what is read: more than any network needs, less than a file can claim.
package enum HDF5Limit {
    package static let rank = 8
    package static let depth = 16
    package static let objects = 20_000
    package static let nameBytes = 1024
    static let chunkBytes = 256 << 20
    /// deflate makes no more than 1032 bytes of one.
    static let deflateRatio = 1032
    /// Strings of one attribute, bytes of all of them, and bytes of one.
    static let attributeStrings = 65_536
    static let attributeBytes = 16 << 20
    static let stringBytes = 4096
}
