import Foundation
import TensorCore

extension Augmentation {
    /// A change of values, in units of each band's deviation in the training images, so that bands of
    /// any range change alike.
    public struct Intensity: AugmentationSettings {
        public var probability: Double
        /// How much at most.
        public var limit = 0.2

        public init(probability: Double) { self.probability = probability }

        private enum CodingKeys: String, CodingKey, CaseIterable { case probability, limit }

        public init(from decoder: any Decoder) throws {
            let reader = try SettingsReader(decoder, CodingKeys.self)
            probability = try reader.probability(.probability)
            limit = try reader.number(.limit, limit, 0...10)
        }
    }

    /// Makes a normalised image brighter or darker, stronger or weaker in contrast, and noisier.
    ///
    /// Brightness adds up to `limit` deviations to all bands alike, contrast multiplies their distance
    /// from the training mean by 1 - limit to 1 + limit (at least 0), noise is Gaussian of up to `limit`
    /// deviations, in every band for itself. Pixels without data stay 0.
    public func changeIntensity(of image: inout BandImage, for draw: Draw) {
        var shift: Float = 0
        var factor: Float = 1
        func drawn(_ settings: Intensity?, _ purpose: Draw.Purpose) -> (Double, RandomStream)? {
            guard let settings, settings.limit > 0 else { return nil }
            var stream = draw.stream(purpose)
            return stream.chance(settings.probability) ? (settings.limit, stream) : nil
        }
        if case (let limit, var stream)? = drawn(brightness, .brightness) {
            shift = Float(stream.uniform(-limit, limit))
        }
        if case (let limit, var stream)? = drawn(contrast, .contrast) {
            factor = Float(max(0, 1 + stream.uniform(-limit, limit)))
        }
        var grain: (deviation: Float, stream: RandomStream)?
        if case (let limit, var stream)? = drawn(noise, .noise) {
            grain = (Float(stream.uniform(0, limit)), stream)
        }
        guard shift != 0 || factor != 1 || grain != nil else { return }
        let pixels = image.pixelCount
        let mask = image.nodata
        image.values.withUnsafeMutableBufferPointer { values in
            for index in values.indices { values[index] = (values[index] + shift) * factor }
            if var grain { Self.addNoise(to: values, grain.deviation, &grain.stream) }
            guard let mask else { return }
            for index in values.indices where mask[index % pixels] != 0 { values[index] = 0 }
        }
    }

    /// Adds normal numbers, two to each 64 random bits (Box and Muller 1958).
    private static func addNoise(
        to values: UnsafeMutableBufferPointer<Float>, _ deviation: Float,
        _ stream: inout RandomStream
    ) {
        for index in stride(from: 0, to: values.count, by: 2) {
            let bits = stream.next()
            // In (0, 1] and [0, 2 pi).
            let first = Float(UInt32(truncatingIfNeeded: bits) >> 8 + 1) * 0x1p-24
            let angle = Float(UInt32(truncatingIfNeeded: bits >> 32)) * (2 * Float.pi * 0x1p-32)
            let radius = deviation * (-2 * logf(first)).squareRoot()
            values[index] += radius * cosf(angle)
            if index + 1 < values.count { values[index + 1] += radius * sinf(angle) }
        }
    }
}
