import Foundation
import TensorCore

extension Augmentation {
    /// Shift, size and turn at once.
    public struct ShiftScaleRotate: AugmentationSettings {
        public var probability: Double
        /// Furthest shift along each axis, as a share of the image's side.
        public var shift = 0.0625
        /// The image grows to between 1 - scale and 1 + scale times its size.
        public var scale = 0.1
        /// Furthest turn either way, in degrees.
        public var rotate = 45.0

        public init(probability: Double) { self.probability = probability }

        private enum CodingKeys: String, CodingKey, CaseIterable {
            case probability, shift, scale, rotate
        }

        public init(from decoder: any Decoder) throws {
            let reader = try SettingsReader(decoder, CodingKeys.self)
            probability = try reader.probability(.probability)
            shift = try reader.number(.shift, shift, 0...1)
            scale = try reader.number(.scale, scale, 0...0.9)
            rotate = try reader.number(.rotate, rotate, 0...180)
        }

        func movement(_ stream: inout RandomStream, height: Int, width: Int) -> AffineMovement {
            let down = stream.uniform(-shift, shift) * Double(height)
            let right = stream.uniform(-shift, shift) * Double(width)
            let factor = 1 + stream.uniform(-scale, scale)
            let degrees = stream.uniform(-rotate, rotate)
            return AffineMovement(
                degrees: degrees, scale: factor, down: down, right: right)
        }
    }

    /// Nearer or farther.
    public struct Zoom: AugmentationSettings {
        public var probability: Double
        /// The image grows to this many times its size, uniform in the logarithm.
        public var range = 0.8...1.25

        public init(probability: Double) { self.probability = probability }

        private enum CodingKeys: String, CodingKey, CaseIterable { case probability, range }

        public init(from decoder: any Decoder) throws {
            let reader = try SettingsReader(decoder, CodingKeys.self)
            probability = try reader.probability(.probability)
            range = try reader.interval(.range, range, 0.1...10)
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(probability, forKey: .probability)
            try container.encode(range, as: .range)
        }

        func movement(_ stream: inout RandomStream) -> AffineMovement {
            AffineMovement(
                scale: exp(stream.uniform(log(range.lowerBound), log(range.upperBound))))
        }
    }

    /// Up or down, left or right.
    public struct Translate: AugmentationSettings {
        public var probability: Double
        /// Furthest shift along each axis, as a share of the image's side.
        public var range = 0.1

        public init(probability: Double) { self.probability = probability }

        private enum CodingKeys: String, CodingKey, CaseIterable { case probability, range }

        public init(from decoder: any Decoder) throws {
            let reader = try SettingsReader(decoder, CodingKeys.self)
            probability = try reader.probability(.probability)
            range = try reader.number(.range, range, 0...1)
        }

        /// By whole pixels, so that nothing is blurred.
        func movement(_ stream: inout RandomStream, height: Int, width: Int) -> AffineMovement {
            let down = (stream.uniform(-range, range) * Double(height)).rounded()
            let right = (stream.uniform(-range, range) * Double(width)).rounded()
            return AffineMovement(down: down, right: right)
        }
    }

    /// Cells of a grid made wider or narrower; the edges stay.
    public struct GridDistortion: AugmentationSettings {
        public var probability: Double
        /// Cells along each axis.
        public var steps = 5
        /// Cells grow or shrink by this share at most, before all are brought to the image's size.
        public var limit = 0.3

        public init(probability: Double) { self.probability = probability }

        private enum CodingKeys: String, CodingKey, CaseIterable { case probability, steps, limit }

        public init(from decoder: any Decoder) throws {
            let reader = try SettingsReader(decoder, CodingKeys.self)
            probability = try reader.probability(.probability)
            steps = try reader.whole(.steps, steps, 2...100)
            limit = try reader.number(.limit, limit, 0...0.95)
        }

        func axis(_ stream: inout RandomStream, count: Int) -> GridAxis {
            GridAxis(
                extents: (0..<steps).map { _ in 1 + stream.uniform(-limit, limit) }, count: count)
        }
    }

    /// A lens that bends outwards or inwards.
    public struct OpticalDistortion: AugmentationSettings {
        public var probability: Double
        /// Largest coefficient either way.
        public var limit = 0.3

        public init(probability: Double) { self.probability = probability }

        private enum CodingKeys: String, CodingKey, CaseIterable { case probability, limit }

        public init(from decoder: any Decoder) throws {
            let reader = try SettingsReader(decoder, CodingKeys.self)
            probability = try reader.probability(.probability)
            limit = try reader.number(.limit, limit, 0...1)
        }
    }

    /// Random smooth displacements (Simard, Steinkraus and Platt, "Best practices for convolutional
    /// neural networks applied to visual document analysis", ICDAR 2003).
    public struct Elastic: AugmentationSettings {
        public var probability: Double
        /// Strength in pixels, before smoothing.
        public var alpha = 34.0
        /// Deviation of the Gaussian that smooths, in pixels.
        public var sigma = 4.0

        public init(probability: Double) { self.probability = probability }

        private enum CodingKeys: String, CodingKey, CaseIterable { case probability, alpha, sigma }

        public init(from decoder: any Decoder) throws {
            let reader = try SettingsReader(decoder, CodingKeys.self)
            probability = try reader.probability(.probability)
            alpha = try reader.number(.alpha, alpha, 0...100_000)
            sigma = try reader.number(.sigma, sigma, 1...1000)
        }
    }

    /// Where a bent image shows what; nil where nothing was drawn.
    func samplingMap(for draw: Draw, height: Int, width: Int) -> SamplingMap? {
        func drawn<Settings: AugmentationSettings>(
            _ settings: Settings?, _ purpose: Draw.Purpose
        ) -> (settings: Settings, stream: RandomStream)? {
            guard let settings else { return nil }
            var stream = draw.stream(purpose)
            return stream.chance(settings.probability) ? (settings, stream) : nil
        }
        var affine: AffineMovement?
        func move(_ next: AffineMovement) { affine = affine?.followed(by: next) ?? next }
        if case (let settings, var stream)? = drawn(shiftScaleRotate, .shiftScaleRotate) {
            move(settings.movement(&stream, height: height, width: width))
        }
        if case (let settings, var stream)? = drawn(zoom, .zoom) {
            move(settings.movement(&stream))
        }
        if case (let settings, var stream)? = drawn(translate, .translate) {
            move(settings.movement(&stream, height: height, width: width))
        }
        // The last thing that is done to the image is the first that is done to a place.
        var map: SamplingMap?
        if case (let settings, var stream)? = drawn(elastic, .elastic) {
            map = SamplingMap(
                displacedBy: ElasticField(
                    height: height, width: width, alpha: settings.alpha, sigma: settings.sigma,
                    stream: &stream))
        }
        if case (let settings, var stream)? = drawn(opticalDistortion, .opticalDistortion) {
            map = map ?? SamplingMap(height: height, width: width)
            map?.bendRadially(by: stream.uniform(-settings.limit, settings.limit))
        }
        if case (let settings, var stream)? = drawn(gridDistortion, .gridDistortion) {
            map = map ?? SamplingMap(height: height, width: width)
            map?.stretch(
                rows: settings.axis(&stream, count: height),
                columns: settings.axis(&stream, count: width))
        }
        if let affine {
            map = map ?? SamplingMap(height: height, width: width)
            map?.move(by: affine)
        }
        return map
    }
}
