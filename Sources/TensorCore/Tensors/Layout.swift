/// How the elements of a `[batch, channels, height, width]` tensor lie in memory.
public enum Layout: Hashable, Sendable, Codable {
    /// Row-major in the order of the shape.
    case plain
    /// Batch, height, width, channels (`nhwc`).
    case channelsLast
    /// Channels cut into blocks of 8 or 16 that lie innermost (`nChw8c`, `nChw16c`); the last block
    /// is padded with zeros. oneDNN's convolutions are at their best here.
    case channelBlocked(Int)

    /// Elements that a tensor of `shape` occupies, padding included.
    public func storageCount(of shape: Shape) -> Int {
        guard case .channelBlocked(let block) = self else { return shape.count }
        let (n, c, h, w) = shape.nchw
        return n * ((c + block - 1) / block * block) * h * w
    }
}
