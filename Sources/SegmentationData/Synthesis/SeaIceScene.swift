import Foundation
import TensorCore

/// One synthetic scene of sea ice as a camera and a radar see it, with its truth.
///
/// Neither picture suffices alone: cloud hides ice from the camera and looks like it, and
/// wind-roughened water looks like ice to the radar.
public struct SeaIceScene: Sendable {
    /// Red, green, blue, 0 to 255: [3, 240, 240].
    public let visible: BandImage
    /// Radar amplitude, 0 to 255: [1, 720, 720].
    public let radar: BandImage
    /// 1 where ice is: 240 x 240.
    public let truth: LabelMap

    /// Pixels across the radar picture; the camera's and the truth's are three times larger.
    static let radarSize = 720
    static let visibleSize = 240

    /// The scene of this number: a pure function of seed and number.
    public init(seed: UInt64, number: Int) {
        var stream = RandomStream(seed: seed, purpose: .synthesis, sample: number)
        let field = FloeField(&stream, size: Self.radarSize).pixels()
        let surface = NoiseField(&stream, cells: 12, octaves: 5, persistence: 0.6)
            .sampled(size: Self.radarSize)
        let thin = NoiseField(&stream, cells: 4, octaves: 5).sampled(size: Self.radarSize)
        truth = Self.truth(field)
        visible = Self.visible(&stream, field, surface: surface, thin: thin)
        radar = Self.radar(&stream, field, surface: surface, thin: thin)
    }

    private static func truth(_ field: FloeField.Pixels) -> LabelMap {
        var map = LabelMap(height: visibleSize, width: visibleSize)
        for row in 0..<visibleSize {
            for column in 0..<visibleSize {
                // The middle of the nine radar pixels that this one covers.
                map[row, column] = field.ice[(3 * row + 1) * radarSize + 3 * column + 1]
            }
        }
        return map
    }

    private static func visible(
        _ stream: inout RandomStream, _ field: FloeField.Pixels, surface: [Float], thin: [Float]
    ) -> BandImage {
        let count = radarSize * radarSize
        let water: [Float] = [
            Float(stream.uniform(14, 30)), Float(stream.uniform(28, 46)),
            Float(stream.uniform(42, 64)),
        ]
        let snow = Float(stream.uniform(175, 232))
        let thinShare = Float(stream.uniform(0, 0.65))
        let ponds = Float(stream.uniform(0.15, 0.75))
        var fine = [Float](repeating: 0, count: 3 * count)
        for pixel in 0..<count {
            let texture = surface[pixel]
            for band in 0..<3 {
                var value: Float
                if field.ice[pixel] == 1 {
                    value = snow + 26 * texture - (band == 0 ? 6 : 0) + (band == 2 ? 5 : 0)
                    value *= field.albedo[pixel]
                    // Melt ponds: blue, away from the edge.
                    if texture < -ponds && field.depth[pixel] > 4 {
                        value = [92, 142, 172][band] + 30 * texture
                    }
                    // Wet, darker rims.
                    value *= 0.8 + 0.2 * min(1, field.depth[pixel] / 5)
                } else {
                    value = water[band] + 5 * texture
                    // New ice: grey, and no ice by the truth's rule.
                    let grey = max(0, min(1, (thinShare - 0.35 + thin[pixel]) * 4))
                    value += grey * ([104, 109, 114][band] + 34 * texture - value)
                }
                fine[band * count + pixel] = value
            }
        }
        let cloud = cloud(&stream)
        let (slopeRow, slopeColumn) = (stream.uniform(-0.28, 0.28), stream.uniform(-0.28, 0.28))
        let level = stream.uniform(0.78, 1.02)
        let brightness = Float(stream.uniform(196, 236))
        var values = [Float](repeating: 0, count: 3 * visibleSize * visibleSize)
        for band in 0..<3 {
            for row in 0..<visibleSize {
                for column in 0..<visibleSize {
                    var sum: Float = 0
                    for down in 0..<3 {
                        for across in 0..<3 {
                            sum +=
                                fine[
                                    band * count + (3 * row + down) * radarSize + 3 * column
                                        + across]
                        }
                    }
                    let pixel = row * visibleSize + column
                    let cover = cloud[pixel]
                    var value = sum / 9
                    value += cover * (brightness - value)
                    let light =
                        level + slopeRow * (Double(row) / Double(visibleSize) - 0.5)
                        + slopeColumn * (Double(column) / Double(visibleSize) - 0.5)
                    let noisy = Double(value) * light + 5 * stream.normal()
                    values[band * visibleSize * visibleSize + pixel] = Float(
                        max(0, min(255, noisy.rounded())))
                }
            }
        }
        return BandImage(bands: 3, height: visibleSize, width: visibleSize, values: values)
    }

    /// How much cloud covers each camera pixel, 0 to 0.97.
    private static func cloud(_ stream: inout RandomStream) -> [Float] {
        let amount = stream.uniform(-0.45, 0.65)
        let softness = Float(stream.uniform(2.5, 6))
        let streets = NoiseField(&stream, cells: 3, octaves: 6, persistence: 0.55)
            .sampled(size: visibleSize)
        return streets.map { value in
            let cover = (value + Float(amount) - 0.18) * softness
            return max(0, min(0.97, cover))
        }
    }

    private static func radar(
        _ stream: inout RandomStream, _ field: FloeField.Pixels, surface: [Float], thin: [Float]
    ) -> BandImage {
        let wind = NoiseField(&stream, cells: 2, octaves: 4).sampled(size: radarSize)
        let roughness = Float(stream.uniform(0.2, 0.85))
        let gain = Float(stream.uniform(78, 96))
        var values = [Float](repeating: 0, count: radarSize * radarSize)
        values.withUnsafeMutableBufferPointer { values in
            for pixel in 0..<values.count {
                var intensity: Float
                if field.ice[pixel] == 1 {
                    intensity = field.brightness[pixel] * (1 + 0.45 * surface[pixel])
                    // Ridges at the rim and cracks inside are bright.
                    if field.depth[pixel] < 3 { intensity *= 1.25 }
                } else {
                    intensity = max(0.04, roughness * (1 + 0.9 * wind[pixel]))
                    // New ice bears frost flowers here and is smooth there.
                    if thin[pixel] > 0.25 { intensity *= surface[pixel] > 0 ? 1.5 : 0.6 }
                }
                // Speckle of three looks: a gamma variable of mean 1.
                var product = 1.0
                for _ in 0..<3 { product *= 1 - stream.uniform() }
                let speckle = Float(-log(max(product, 1e-300)) / 3)
                values[pixel] = min(255, (gain * (intensity * speckle).squareRoot()).rounded())
            }
        }
        return BandImage(bands: 1, height: radarSize, width: radarSize, values: values)
    }
}
