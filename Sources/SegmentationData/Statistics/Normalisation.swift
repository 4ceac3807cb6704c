import DurableFiles

/// How the bands of an image are brought to mean 0 and deviation 1 before a network sees them.
public struct Normalisation: Codable, Sendable, Hashable {
    public var bands: [String]
    /// In the file's own units, one value a band.
    public var mean: [Double]
    /// In the file's own units, one value a band, above 0.
    public var deviation: [Double]

    public init(bands: [String], mean: [Double], deviation: [Double]) {
        precondition(
            bands.count == mean.count && bands.count == deviation.count,
            "\(bands.count) bands with \(mean.count) means and \(deviation.count) deviations")
        self.bands = bands
        self.mean = mean
        self.deviation = deviation
    }

    private enum CodingKeys: String, CodingKey, CaseIterable { case bands, mean, deviation }

    public init(from decoder: any Decoder) throws {
        try UnknownKeys.refuse(in: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let bands = try container.decode([String].self, forKey: .bands)
        let mean = try container.decode([Double].self, forKey: .mean)
        let deviation = try container.decode([Double].self, forKey: .deviation)
        guard bands.count == mean.count, bands.count == deviation.count,
            mean.allSatisfy(\.isFinite), deviation.allSatisfy({ $0.isFinite && $0 > 0 })
        else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "a normalisation of \(bands.count) bands, expected as many "
                        + "finite means and positive deviations"))
        }
        self.init(bands: bands, mean: mean, deviation: deviation)
    }

    /// The mean and deviation of ImageNet's training images, for bands of 0 to 255.
    public static let imageNet = Normalisation(
        bands: ["red", "green", "blue"], mean: [0.485 * 255, 0.456 * 255, 0.406 * 255],
        deviation: [0.229 * 255, 0.224 * 255, 0.225 * 255])

    /// (value - mean) / deviation in every band; pixels without data become 0, the mean.
    public func apply(to image: inout BandImage) {
        precondition(
            image.bands == bands.count, "\(image.bands) bands, normalised as \(bands.count)")
        let count = image.pixelCount
        let mask = image.nodata
        let (mean, deviation) = (mean, deviation)
        image.values.withUnsafeMutableBufferPointer { values in
            for band in 0..<mean.count {
                let base = band * count
                let shift = Float(mean[band])
                let scale = Float(1 / deviation[band])
                for pixel in base..<(base + count) {
                    values[pixel] = (values[pixel] - shift) * scale
                }
                if let mask {
                    for pixel in 0..<count where mask[pixel] != 0 { values[base + pixel] = 0 }
                }
            }
        }
    }

    /// A copy with `apply(to:)` done.
    public func applied(to image: BandImage) -> BandImage {
        var copy = image
        apply(to: &copy)
        return copy
    }
}
