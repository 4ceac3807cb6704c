import Foundation
import TensorCore

/// One synthetic chest X-ray and the mask of its lungs.
struct LungScene {
    /// Grey values, rows top to bottom.
    let image: [UInt8]
    /// 255 in the lungs, soft at their edges.
    let mask: [UInt8]

    /// One lung, in parts of the picture: narrow above, wide below, cut by the diaphragm.
    private struct Lung {
        var middle: (Float, Float)
        var half: (Float, Float)
        /// -1 for the lung at the left of the picture, 1 for the other.
        var side: Float
        var lean: Float
        var floor: Float

        /// How deep a place lies inside, 0 at the edge.
        func depth(_ y: Float, _ x: Float) -> Float {
            let down = (y - middle.0) / half.0
            // The apex leans inwards and is narrower.
            let wide = half.1 * (0.72 + 0.28 * max(-1, min(1, down)))
            let across = (x - middle.1 + side * lean * (1 - down) * 0.5) / wide
            let round = 1 - (down * down * abs(down) + across * across).squareRoot()
            // The diaphragm is a dome, highest in the middle of the lung.
            let dome = (floor + 0.5 * (x - middle.1) * (x - middle.1) / half.1 - y) / half.0
            return min(round, dome)
        }
    }

    init(seed: UInt64, number: Int, size: ImageSize) {
        var stream = RandomStream(seed: seed, purpose: .synthesis, member: 3, sample: number)
        let (height, width) = (size.height, size.width)
        let isSecond = number % 2 == 1
        let shift = Float(stream.uniform(-0.04, 0.04))
        let scale = Float(stream.uniform(0.88, 1.1))
        let lungs = [Float(-1), 1].map { side in
            Lung(
                middle: (
                    0.46 + Float(stream.uniform(-0.03, 0.03)),
                    0.5 + shift + side * scale * Float(stream.uniform(0.18, 0.21))
                ),
                half: (
                    scale * Float(stream.uniform(0.31, 0.37)),
                    scale * Float(stream.uniform(0.125, 0.155))
                ), side: side, lean: Float(stream.uniform(0.02, 0.07)),
                floor: 0.74 + Float(stream.uniform(-0.05, 0.05)) - (side < 0 ? 0.03 : 0))
        }
        let heart = (
            row: Float(stream.uniform(0.6, 0.68)), column: 0.5 + shift + Float(0.07) * scale,
            high: scale * Float(stream.uniform(0.13, 0.18)),
            wide: scale * Float(stream.uniform(0.11, 0.16))
        )
        let tissue = NoiseField(&stream, cells: 5, octaves: 4).sampled(height: height, width: width)
        let vessels = NoiseField(&stream, cells: 22, octaves: 3, persistence: 0.6)
            .sampled(height: height, width: width)
        let shadows = NoiseField(&stream, cells: 6, octaves: 2).sampled(
            height: height, width: width)
        let illness = stream.chance(0.4) ? Float(stream.uniform(0.5, 1)) : 0
        let ribs = (
            count: Float(stream.uniform(9, 12)), bend: Float(stream.uniform(0.6, 1.4)),
            phase: Float(stream.uniform(0, 6))
        )
        let contrast = Float(isSecond ? stream.uniform(0.55, 0.8) : stream.uniform(0.85, 1.1))
        let level = Float(isSecond ? stream.uniform(20, 50) : stream.uniform(0, 20))
        let border = isSecond ? Int(stream.uniform(0, 0.06) * Double(width)) : 0
        var image = [UInt8](repeating: 0, count: height * width)
        var mask = image
        let sharpness = 0.5 * Float(min(height, width))
        for row in 0..<height {
            for column in 0..<width {
                let pixel = row * width + column
                let y = (Float(row) + 0.5) / Float(height)
                let x = (Float(column) + 0.5) / Float(width)
                let warp = 0.05 * tissue[pixel]
                var depth = max(lungs[0].depth(y, x), lungs[1].depth(y, x)) + warp
                let (a, b) = ((y - heart.row) / heart.high, (x - heart.column) / heart.wide)
                depth = min(depth, (a * a + b * b).squareRoot() - 1 + warp)
                // Half the lung's width is about 0.14 of the picture.
                let share = max(0, min(1, 0.5 + 0.14 * depth * sharpness))
                let body = smooth(1.55 - 2.4 * abs(x - 0.5 - shift) - 0.35 * max(0, 0.2 - y) * 5)
                var value = 195 * body + 22 * tissue[pixel]
                let spine = abs(x - 0.5 - shift)
                value += 26 * smooth(1 - spine / 0.045)
                let arc = ribs.bend * (x - 0.5 - shift) * (x - 0.5 - shift)
                let rib = sin(ribs.count * 2 * .pi * (y + arc * 2) + ribs.phase)
                let air =
                    118 + 16 * vessels[pixel] - 24 * max(0, rib)
                    - illness * 95 * smooth(shadows[pixel] * 4 - 0.6)
                value -= share * air * body
                value = level + contrast * value + Float(stream.uniform(-7, 7))
                if row < border || column < border || row >= height - border
                    || column >= width - border
                {
                    value = 0
                }
                image[pixel] = UInt8(max(0, min(255, value)))
                mask[pixel] = UInt8(255 * share)
            }
        }
        self.image = image
        self.mask = mask
    }
}
