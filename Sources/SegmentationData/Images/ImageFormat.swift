/// The kinds of image file that are read, told apart by their first bytes and never by their name.
public enum ImageFormat: String, Sendable, Hashable, Codable {
    case png
    case jpeg
    case tiff
    /// An item of a NumPy array (`.npy`, `.npz`), which is not told by the first bytes.
    case numpy

    /// The format whose magic number stands at the start of a file, if any.
    public init?(magic bytes: [UInt8]) {
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if [
            [0x49, 0x49, 0x2A, 0], [0x4D, 0x4D, 0, 0x2A], [0x49, 0x49, 0x2B, 0],
            [0x4D, 0x4D, 0, 0x2B],
        ].contains(where: { bytes.starts(with: $0) }) {
            self = .tiff
        } else {
            return nil
        }
    }
}
