/// Weights as HDF5: one float32 dataset per tensor, found under the state's names.
///
/// The path of a dataset is its state name, segments joined by `/`
/// (`/encoder/layer1/0/conv1/weight`, `[out, in, height, width]`), the names are those of
/// segmentation_models.pytorch, torchvision and milesial's U-Net. No attributes, times or chunks are
/// written, so that any HDF5 tool opens the file as it is and the same tensors give the same bytes.
/// All work happens on images in memory: libhdf5 never opens a path.
public enum WeightsFile {
    /// Limits of what is read: more than any network needs, less than a file can claim.
    enum Limit {
        static let rank = 8
        static let depth = 16
        static let objects = 20_000
        static let nameBytes = 1024
        static let chunkBytes = 256 << 20
        /// deflate makes no more than 1032 bytes of one.
        static let deflateRatio = 1032
    }
}
