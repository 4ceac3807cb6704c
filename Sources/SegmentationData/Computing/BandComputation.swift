import DurableFiles

/// Computes the bands of a recipe's `data.computed` from the stored bands of an image.
///
/// A value depends on its pixel and those around it only, so that a part of an image gives the same
/// values as the whole, except beside the cut: `reach` pixels of it are lost.
public struct BandComputation: Sendable {
    private let steps: [(source: Int, filter: BandFilter)]
    /// The stored bands that an image has before.
    public let storedCount: Int

    /// - Parameter stored: the names of the stored bands, in order.
    /// - Throws: `FloeError` of kind `.usage` where a band is computed from one that is not stored,
    ///   or has a name that is taken.
    public init(_ computed: [ComputedBand], stored: [String]) throws {
        var names = Set(stored)
        steps = try computed.map { band in
            guard let source = stored.firstIndex(of: band.from) else {
                throw FloeError(
                    .usage, "data.computed: '\(band.name)' is computed from '\(band.from)'",
                    expected: "a stored band (\(stored.joined(separator: ", ")))",
                    advice: UnknownKeys.nearest(to: band.from, among: stored).map {
                        "did you mean '\($0)'?"
                    })
            }
            guard names.insert(band.name).inserted else {
                throw FloeError(.usage, "data.computed names the band '\(band.name)' again")
            }
            return (source, band.filter)
        }
        storedCount = stored.count
    }

    public var isEmpty: Bool { steps.isEmpty }
    public var count: Int { steps.count }

    /// Rows and columns around a window that its values depend on.
    public var reach: Int { steps.contains { !$0.filter.neighbours.isEmpty } ? 1 : 0 }

    /// The image with the computed bands behind its own, which are the stored ones.
    ///
    /// A pixel to whose value a pixel without data contributes carries no data.
    public func appended(to image: BandImage) -> BandImage {
        precondition(
            image.bands == storedCount, "\(image.bands) bands, computed from \(storedCount)")
        guard !steps.isEmpty else { return image }
        let (height, width, pixels) = (image.height, image.width, image.pixelCount)
        let before = image.values.count
        let total = before + steps.count * pixels
        let values = [Float](unsafeUninitializedCapacity: total) { target, filled in
            image.values.withUnsafeBufferPointer { source in
                guard let source = source.baseAddress, let target = target.baseAddress else {
                    return
                }
                target.initialize(from: source, count: before)
                for (index, step) in steps.enumerated() {
                    step.filter.apply(
                        source + step.source * pixels, height: height, width: width,
                        to: target + before + index * pixels)
                }
            }
            filled = total
        }
        return BandImage(
            bands: image.bands + steps.count, height: height, width: width, values: values,
            nodata: image.nodata.map { spread($0, height: height, width: width) })
    }

    /// The pixels that have a pixel without data among those that they are computed from, or are one.
    ///
    /// - Parameter mask: one byte a pixel, 1 where there are no data.
    func spread(_ mask: [UInt8], height: Int, width: Int) -> [UInt8] {
        var reached = [Bool](repeating: false, count: 9)
        for step in steps {
            for place in step.filter.neighbours {
                reached[(place.row + 1) * 3 + place.column + 1] = true
            }
        }
        let offsets = reached.indices.filter { reached[$0] }.map { ($0 / 3 - 1, $0 % 3 - 1) }
        var result = mask
        mask.withUnsafeBufferPointer { mask in
            result.withUnsafeMutableBufferPointer { result in
                for row in 0..<height {
                    for column in 0..<width where mask[row * width + column] != 0 {
                        // The pixels that look at this one lie on the other side of it.
                        for (down, right) in offsets {
                            let (y, x) = (row - down, column - right)
                            guard y >= 0, y < height, x >= 0, x < width else { continue }
                            result[y * width + x] = 1
                        }
                    }
                }
            }
        }
        return result
    }
}
