import Foundation
import TensorCore

/// One synthetic picture of shallow clouds over the sea, with regions of four patterns.
///
/// Sugar is fine dust, Gravel a net of arcs, Flower large round sheets with clear sky between them,
/// Fish long streaks with ribs. Clouds outside of the regions follow no pattern.
struct CloudScene {
    static let classes = ["Fish", "Flower", "Sugar", "Gravel"]

    let picture: Picture
    /// One mask a class, rows top to bottom; they may overlap.
    let masks: [[UInt8]]

    init(seed: UInt64, number: Int, size: ImageSize) {
        var stream = RandomStream(seed: seed, purpose: .synthesis, member: 1, sample: number)
        let (height, width) = (size.height, size.width)
        let count = height * width
        var cover = Self.loose(&stream, size)
        var masks = [[UInt8]](repeating: [UInt8](repeating: 0, count: count), count: 4)
        var patterns = Array(0..<4)
        stream.shuffle(&patterns)
        let present = 1 + stream.index(below: 3)
        for pattern in patterns.prefix(present) {
            let region = Region(&stream, size)
            let edge = NoiseField(&stream, cells: 5, octaves: 3).sampled(
                height: height, width: width)
            let texture = Self.texture(pattern, &stream, size)
            masks[pattern].withUnsafeMutableBufferPointer { mask in
                for row in 0..<height {
                    for column in 0..<width {
                        let pixel = row * width + column
                        let depth = region.depth(row, column) + 0.3 * edge[pixel]
                        guard depth > 0 else { continue }
                        mask[pixel] = 1
                        // The pattern fades at its edge, which the truth does not.
                        let share = smooth(depth * 5)
                        cover[pixel] += share * (texture[pixel] - cover[pixel])
                    }
                }
            }
        }
        self.masks = masks
        picture = Self.painted(&stream, cover, size)
    }

    /// A rounded rectangle, turned a little, in parts of the picture's longer side.
    private struct Region {
        let middle: (Float, Float)
        let half: (Float, Float)
        let turn: (Float, Float)
        let side: Float

        init(_ stream: inout RandomStream, _ size: ImageSize) {
            side = Float(max(size.height, size.width))
            let (high, wide) = (
                Double(size.height) / Double(side), Double(size.width) / Double(side)
            )
            half = (
                Float(stream.uniform(0.2, 0.45) * high), Float(stream.uniform(0.16, 0.36) * wide)
            )
            middle = (
                Float(stream.uniform(0.2, 0.8) * high), Float(stream.uniform(0.2, 0.8) * wide)
            )
            let angle = stream.uniform(-0.4, 0.4)
            turn = (Float(cos(angle)), Float(sin(angle)))
        }

        /// 1 in the middle, 0 at the edge, negative outside.
        func depth(_ row: Int, _ column: Int) -> Float {
            let (y, x) = (Float(row) / side - middle.0, Float(column) / side - middle.1)
            let (down, across) = (
                (turn.0 * y - turn.1 * x) / half.0, (turn.1 * y + turn.0 * x) / half.1
            )
            let (a, b) = (down * down, across * across)
            return 1 - (a * a + b * b).squareRoot().squareRoot()
        }
    }

    /// Scattered clouds without a pattern.
    private static func loose(_ stream: inout RandomStream, _ size: ImageSize) -> [Float] {
        let threshold = Float(stream.uniform(0.8, 1.5))
        return NoiseField(&stream, cells: 14, octaves: 5, persistence: 0.6)
            .sampled(height: size.height, width: size.width)
            .map { 0.65 * smooth($0 * 4 - threshold) }
    }

    /// How much cloud a pattern has at every pixel, 0 to 1.
    private static func texture(
        _ pattern: Int, _ stream: inout RandomStream, _ size: ImageSize
    ) -> [Float] {
        let (height, width) = (size.height, size.width)
        func noise(_ cells: Int, _ octaves: Int, _ persistence: Float = 0.5) -> [Float] {
            NoiseField(&stream, cells: cells, octaves: octaves, persistence: persistence)
                .sampled(height: height, width: width)
        }
        switch classes[pattern] {
        case "Fish":
            let angle = stream.uniform(-0.5, 0.5)
            let (along, aside) = (Float(cos(angle)), Float(sin(angle)))
            let field = NoiseField(&stream, cells: 26, octaves: 3, persistence: 0.6)
            let fine = noise(40, 2)
            let side = Float(max(height, width))
            return (0..<height * width).map { pixel in
                let y = Float(pixel / width) / side - 0.35
                let x = Float(pixel % width) / side - 0.5
                // Seen along the streaks everything is drawn out.
                let down = 0.5 + 0.62 * (along * y - aside * x)
                let across = 0.5 + 0.16 * (aside * y + along * x)
                let ridge = 1 - 5 * abs(field.value(down: down, across: across))
                return 0.9 * smooth(ridge + 0.5 * fine[pixel] + 0.25)
            }
        case "Flower":
            let wisps = noise(40, 3)
            return zip(noise(9, 3, 0.4), wisps).map { smooth($0 * 6 + 0.5 * $1 - 0.2) }
        case "Sugar":
            return noise(110, 2).map { 0.75 * smooth($0 * 3 + 0.1) }
        default:
            let fine = noise(80, 2)
            return zip(noise(24, 2), fine).map { 0.85 * smooth(0.75 - 6 * abs($0) + 0.4 * $1) }
        }
    }

    private static func painted(
        _ stream: inout RandomStream, _ cover: [Float], _ size: ImageSize
    ) -> Picture {
        let (height, width) = (size.height, size.width)
        let glint = NoiseField(&stream, cells: 2, octaves: 3).sampled(height: height, width: width)
        let sea = [
            Float(stream.uniform(18, 34)), Float(stream.uniform(30, 48)),
            Float(stream.uniform(46, 70)),
        ]
        let haze = Float(stream.uniform(0.02, 0.18))
        let white = Float(stream.uniform(205, 240))
        var values = [UInt8](repeating: 0, count: 3 * height * width)
        for pixel in 0..<height * width {
            let share = min(1, cover[pixel] * (1 - haze) + haze * (1 + glint[pixel]))
            let grain = Float(stream.uniform(-9, 9))
            for band in 0..<3 {
                let below = sea[band] * (1 + 0.35 * glint[pixel])
                let value = below + share * (white - below) + grain
                values[3 * pixel + band] = UInt8(max(0, min(255, value)))
            }
        }
        return Picture(height: height, width: width, values: values)
    }
}

/// 0 below 0, 1 above 1, and no corner between them.
func smooth(_ value: Float) -> Float {
    let part = max(0, min(1, value))
    return part * part * (3 - 2 * part)
}
