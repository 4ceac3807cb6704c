import DurableFiles
import TensorCore

extension PhotoDecoder {
    /// A digest of the pixels of a photo's sources at their own sizes, whatever file format and
    /// sample type hold them.
    func digest(of sources: [SourcePixels]) -> SHA256Digest {
        var hasher = SHA256Hasher()
        for source in sources { source.update(&hasher) }
        return hasher.finalize()
    }

    /// A digest of what a photo's masks mean, at their own size and before anything is ignored for
    /// the image's sake; nil where they hold one value only.
    func maskDigest(_ photo: PhotoIndex.Photo) throws -> SHA256Digest? {
        guard !photo.masks.isEmpty else { return nil }
        let target = try masks.target(paths: photo.masks, budget: budget)
        return target.isUniform ? nil : Self.digest(of: target)
    }

    private static func digest(of target: SegmentationTarget) -> SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(text: "\(target.height) \(target.width)\n")
        switch target {
        case .labels(let map): map.labels.withUnsafeBytes { hasher.update($0) }
        case .planes(let planes): planes.values.withUnsafeBytes { hasher.update($0) }
        }
        return hasher.finalize()
    }
}

extension SegmentationTarget {
    /// Whether every plane holds one value, besides pixels of which nothing is known.
    var isUniform: Bool {
        func isUniform(_ values: some Collection<UInt8>) -> Bool {
            guard let first = values.first(where: { $0 != LabelMap.ignore }) else { return true }
            return values.allSatisfy { $0 == first || $0 == LabelMap.ignore }
        }
        switch self {
        case .labels(let map): return isUniform(map.labels)
        case .planes(let planes):
            return (0..<planes.classes).allSatisfy { isUniform(planes.plane($0)) }
        }
    }
}
