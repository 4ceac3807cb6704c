/// Mean and deviation of each band over the pixels that count.
///
/// Sums are in double precision and merged image by image (Chan, Golub and LeVeque 1979), so that
/// many large values lose nothing; the deviation is the population's.
public struct BandStatistics: Sendable, Hashable {
    /// Pixels that counted.
    public private(set) var count = 0.0
    public private(set) var mean: [Double]
    public private(set) var minimum: [Float]
    public private(set) var maximum: [Float]
    private var squares: [Double]

    public init(bands: Int) {
        mean = [Double](repeating: 0, count: bands)
        squares = mean
        minimum = [Float](repeating: .infinity, count: bands)
        maximum = [Float](repeating: -.infinity, count: bands)
    }

    /// The population standard deviation of each band; 0 for a constant one.
    public var deviation: [Double] {
        squares.map { count > 0 ? ($0 / count).squareRoot() : 0 }
    }

    /// Adds an image.
    ///
    /// - Parameters:
    ///   - ignored: one byte a pixel, 1 for pixels that are left out besides those without data.
    ///   - times: how often the image counts (a bag may have drawn it more than once).
    public mutating func add(_ image: BandImage, ignored: [UInt8]? = nil, times: Int = 1) {
        precondition(
            image.bands == mean.count, "\(image.bands) bands in statistics of \(mean.count)")
        precondition(times > 0, "an image that counts \(times) times")
        let pixels = image.pixelCount
        var taken: [Int32]?
        if ignored != nil || image.nodata != nil {
            taken = (0..<pixels).filter {
                (ignored?[$0] ?? 0) == 0 && (image.nodata?[$0] ?? 0) == 0
            }.map { Int32($0) }
        }
        let size = taken?.count ?? pixels
        guard size > 0 else { return }
        let added = Double(size) * Double(times)
        let total = count + added
        image.values.withUnsafeBufferPointer { values in
            for band in 0..<mean.count {
                let base = band * pixels
                var sum = 0.0
                var (low, high) = (minimum[band], maximum[band])
                if let taken {
                    for pixel in taken {
                        let value = values[base + Int(pixel)]
                        sum += Double(value)
                        low = min(low, value)
                        high = max(high, value)
                    }
                } else {
                    for index in base..<(base + pixels) {
                        let value = values[index]
                        sum += Double(value)
                        low = min(low, value)
                        high = max(high, value)
                    }
                }
                let own = sum / Double(size)
                var spread = 0.0
                if let taken {
                    for pixel in taken {
                        let difference = Double(values[base + Int(pixel)]) - own
                        spread += difference * difference
                    }
                } else {
                    for index in base..<(base + pixels) {
                        let difference = Double(values[index]) - own
                        spread += difference * difference
                    }
                }
                let step = own - mean[band]
                squares[band] +=
                    spread * Double(times) + step * step * count * added / total
                mean[band] += step * added / total
                (minimum[band], maximum[band]) = (low, high)
            }
        }
        count = total
    }

    /// The normalisation by these statistics; a constant band gets deviation 1, also where resizing
    /// has left the rounding of its values.
    public func normalisation(bands: [String]) -> Normalisation {
        Normalisation(
            bands: bands, mean: mean,
            deviation: deviation.indices.map { band in
                let largest = Double(max(abs(minimum[band]), abs(maximum[band])))
                return deviation[band] > 1e-6 * largest ? deviation[band] : 1
            })
    }

    /// The statistics of the samples drawn, each as often as it was drawn.
    ///
    /// Pixels without data and pixels of which no class is known are left out. The result does not
    /// depend on the order of `samples`.
    /// - Throws: as `SegmentationDataset.sample(at:)`.
    public static func of(
        _ samples: [Int], in dataset: SegmentationDataset
    ) throws -> BandStatistics {
        var statistics = BandStatistics(bands: dataset.bands.count)
        let sorted = samples.sorted()
        var first = 0
        while first < sorted.count {
            let index = sorted[first]
            var times = 0
            while first < sorted.count, sorted[first] == index {
                times += 1
                first += 1
            }
            let sample = try dataset.sample(at: index)
            statistics.add(
                sample.image, ignored: dataset.hasMasks ? sample.target.ignoredPixels : nil,
                times: times)
        }
        return statistics
    }
}
