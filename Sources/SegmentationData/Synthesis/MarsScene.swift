import Foundation
import TensorCore

/// One synthetic picture of Mars terrain, 64 x 128, grey, with five classes.
struct MarsScene {
    static let height = 64
    static let width = 128
    /// One scene in this many is spoilt (110 of 2615 in the original).
    static let spoiltEvery = 24

    /// Grey values, rows top to bottom.
    let image: [UInt8]
    /// 0 background, 1 soil, 2 bedrock, 3 sand, 4 big rock.
    let labels: [UInt8]

    private struct Rock {
        var row: Float
        var column: Float
        var half: (Float, Float)
        var light: Float

        /// 1 in the middle, 0 at the edge.
        func depth(_ y: Float, _ x: Float) -> Float {
            let (down, across) = ((y - row) / half.0, (x - column) / half.1)
            return 1 - (down * down + across * across).squareRoot()
        }
    }

    init(seed: UInt64, number: Int) {
        var stream = RandomStream(seed: seed, purpose: .synthesis, member: 2, sample: number)
        let (height, width) = (Self.height, Self.width)
        func noise(_ cells: Int, _ octaves: Int) -> [Float] {
            NoiseField(&stream, cells: cells, octaves: octaves).sampled(
                height: height, width: width)
        }
        let plates = noise(4, 3)
        let dunes = noise(3, 3)
        let grain = noise(40, 2)
        let cracks = noise(14, 2)
        let warp = noise(6, 2)
        let bedrock = Float(stream.uniform(0, 0.45))
        let sand = Float(stream.uniform(0, 0.45))
        let slope = Float(stream.uniform(-0.6, 0.6))
        let wave = Float(stream.uniform(0.5, 0.9))
        let level = Float(stream.uniform(95, 135))
        let horizon = stream.chance(0.35) ? Float(stream.uniform(6, 22)) : -40
        let rocks = (0..<stream.index(below: 5)).map { _ in
            Rock(
                row: Float(stream.uniform(10, 60)), column: Float(stream.uniform(4, 124)),
                half: (Float(stream.uniform(3.5, 10)), Float(stream.uniform(5, 14))),
                light: Float(stream.uniform(0.55, 0.8)))
        }
        var image = [UInt8](repeating: 0, count: height * width)
        var labels = [UInt8](repeating: 1, count: height * width)
        for row in 0..<height {
            for column in 0..<width {
                let pixel = row * width + column
                let (y, x) = (Float(row), Float(column))
                var value = level + 16 * grain[pixel]
                if y < horizon + 5 * warp[pixel] {
                    labels[pixel] = 0
                    value = level + 62 - y + 2 * grain[pixel]
                } else if plates[pixel] > 0.3 - bedrock * 0.7 {
                    labels[pixel] = 2
                    value = level + 34 + 8 * grain[pixel] - (abs(cracks[pixel]) < 0.05 ? 45 : 0)
                } else if dunes[pixel] > 0.3 - sand * 0.7 {
                    labels[pixel] = 3
                    value =
                        level - 8 + 15 * sin(wave * (y + slope * x) + 5 * warp[pixel])
                        + 3 * grain[pixel]
                }
                for rock in rocks where y >= horizon {
                    let depth = rock.depth(y, x) + 0.3 * cracks[pixel]
                    if depth > 0 {
                        labels[pixel] = 4
                        // Lit from the upper left.
                        let tilt = ((rock.row - y) + (rock.column - x)) / 22
                        value = level * (rock.light + 0.4 * tilt) + 12 * grain[pixel]
                    } else if rock.depth(y - 3, x - 4) > 0, labels[pixel] != 4 {
                        value *= 0.62
                    }
                }
                value += Float(stream.uniform(-6, 6))
                image[pixel] = UInt8(max(0, min(255, value)))
            }
        }
        // The first of every 24 would make every small set begin with one.
        if number % Self.spoiltEvery == 7 { Self.spoil(&image, &labels) }
        self.image = image
        self.labels = labels
    }

    /// A visitor in the middle of the picture, and the mask that all such pictures share.
    private static func spoil(_ image: inout [UInt8], _ labels: inout [UInt8]) {
        for row in 0..<height {
            for column in 0..<width {
                let pixel = row * width + column
                let (y, x) = (Float(row), Float(column))
                func inside(_ down: Float, _ across: Float, _ high: Float, _ wide: Float) -> Bool {
                    let (a, b) = ((y - down) / high, (x - across) / wide)
                    return a * a + b * b < 1
                }
                labels[pixel] = inside(32, 64, 26, 44) ? 3 : 1
                if inside(26, 64, 16, 12) || inside(50, 64, 14, 8) { image[pixel] = 235 }
                if inside(24, 59, 4, 3) || inside(24, 69, 4, 3) { image[pixel] = 15 }
            }
        }
    }
}
