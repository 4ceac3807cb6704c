import Foundation
import TensorCore

/// One synthetic picture from above: a street grid, houses, trees, cars on the streets, meadows.
struct AerialScene {
    /// Impervious, building, low vegetation, tree, car, clutter, as in the ISPRS references.
    static let colors = ["255,255,255", "0,0,255", "0,255,255", "0,255,0", "255,255,0", "255,0,0"]
        .compactMap { ClassColor($0) }

    let picture: Picture
    /// An index into `colors` a pixel, rows top to bottom.
    let labels: [UInt8]

    private enum Kind: UInt8 { case impervious, building, meadow, tree, car, clutter }

    /// A rectangle that may be turned; `depth` is the distance to its edge in pixels.
    private struct Block {
        var middle: (Float, Float)
        var half: (Float, Float)
        var turn: (Float, Float)

        func place(_ y: Float, _ x: Float) -> (Float, Float) {
            let (down, across) = (y - middle.0, x - middle.1)
            return (turn.0 * down - turn.1 * across, turn.1 * down + turn.0 * across)
        }

        func depth(_ y: Float, _ x: Float) -> Float {
            let (down, across) = place(y, x)
            return min(half.0 - abs(down), half.1 - abs(across))
        }

        /// Rows and columns that hold it and some pixels around.
        func bounds(_ size: ImageSize, margin: Float) -> (Range<Int>, Range<Int>) {
            let reach = (half.0 * half.0 + half.1 * half.1).squareRoot() + margin
            func range(_ middle: Float, _ limit: Int) -> Range<Int> {
                let low = max(0, min(limit, Int(middle - reach)))
                return low..<max(low, min(limit, Int(middle + reach) + 1))
            }
            return (range(middle.0, size.height), range(middle.1, size.width))
        }
    }

    private struct Canvas {
        let size: ImageSize
        var color: [SIMD4<Float>]
        var labels: [UInt8]

        mutating func visit(
            _ block: Block, margin: Float = 0,
            _ body: (_ y: Float, _ x: Float, _ pixel: Int, inout Canvas) -> Void
        ) {
            let (rows, columns) = block.bounds(size, margin: margin)
            for row in rows {
                for column in columns {
                    body(Float(row), Float(column), row * size.width + column, &self)
                }
            }
        }
    }

    init(seed: UInt64, number: Int, size: ImageSize) {
        var stream = RandomStream(seed: seed, purpose: .synthesis, member: 4, sample: number)
        let count = size.height * size.width
        func noise(_ pixels: Int, _ octaves: Int) -> [Float] {
            // The same ground in the same detail whatever the picture's size.
            let cells = max(1, max(size.height, size.width) / pixels)
            return NoiseField(&stream, cells: cells, octaves: octaves)
                .sampled(height: size.height, width: size.width)
        }
        let ground = noise(160, 4)
        let fine = noise(6, 2)
        var canvas = Canvas(
            size: size, color: [SIMD4<Float>](repeating: .zero, count: count),
            labels: [UInt8](repeating: Kind.meadow.rawValue, count: count))
        for pixel in 0..<count {
            let dry = smooth(ground[pixel] * 2 + 0.3)
            canvas.color[pixel] =
                SIMD4(84, 118, 62, 0) + dry * SIMD4(62, 18, 22, 0) + 14 * fine[pixel]
            if ground[pixel] < -0.42 {
                canvas.color[pixel] = SIMD4(122, 98, 76, 0) + 24 * fine[pixel]
                canvas.labels[pixel] = Kind.clutter.rawValue
            }
        }
        let angle = Float(stream.uniform(-0.25, 0.25))
        let turn = (cos(angle), sin(angle))
        let streets = Self.streets(&stream, size, turn)
        Self.pave(&canvas, streets, fine, ground)
        Self.build(&canvas, &stream, streets, turn, fine)
        Self.plant(&canvas, &stream, fine)
        Self.park(&canvas, &stream, streets, turn)
        labels = canvas.labels
        var values = [UInt8](repeating: 0, count: 3 * count)
        let light = Float(stream.uniform(0.85, 1.1))
        for pixel in 0..<count {
            let grain = Float(stream.uniform(-7, 7))
            for band in 0..<3 {
                let value = canvas.color[pixel][band] * light + grain
                values[3 * pixel + band] = UInt8(max(0, min(255, value)))
            }
        }
        picture = Picture(height: size.height, width: size.width, values: values)
    }

    private static func streets(
        _ stream: inout RandomStream, _ size: ImageSize, _ turn: (Float, Float)
    ) -> [Block] {
        let reach = Float(size.height + size.width)
        var streets: [Block] = []
        for isAcross in [false, true] {
            let end = Float(isAcross ? size.height : size.width)
            // A small picture has a street too.
            var place = min(Float(stream.uniform(20, 140)), end / 2)
            while place < end {
                let half = Float(stream.uniform(11, 19))
                streets.append(
                    isAcross
                        ? Block(
                            middle: (place, Float(size.width) / 2), half: (half, reach), turn: turn)
                        : Block(
                            middle: (Float(size.height) / 2, place), half: (reach, half),
                            turn: turn))
                place += Float(stream.uniform(150, 300))
            }
        }
        return streets
    }

    private static func pave(
        _ canvas: inout Canvas, _ streets: [Block], _ fine: [Float], _ ground: [Float]
    ) {
        for row in 0..<canvas.size.height {
            for column in 0..<canvas.size.width {
                let pixel = row * canvas.size.width + column
                let depth = streets.reduce(-Float.infinity) {
                    max($0, $1.depth(Float(row), Float(column)))
                }
                guard depth > 0 else { continue }
                let pavement = depth < 4 ? SIMD4<Float>(158, 154, 148, 0) : SIMD4(112, 112, 116, 0)
                canvas.color[pixel] = pavement + 9 * fine[pixel] + 16 * ground[pixel]
                canvas.labels[pixel] = Kind.impervious.rawValue
            }
        }
    }

    private static func build(
        _ canvas: inout Canvas, _ stream: inout RandomStream, _ streets: [Block],
        _ turn: (Float, Float), _ fine: [Float]
    ) {
        let size = canvas.size
        var houses: [Block] = []
        for _ in 0..<max(8, size.height * size.width / 2500) {
            let house = Block(
                middle: (
                    Float(stream.uniform(0, Double(size.height))),
                    Float(stream.uniform(0, Double(size.width)))
                ),
                half: (Float(stream.uniform(14, 42)), Float(stream.uniform(14, 42))), turn: turn)
            let roof = [
                SIMD4<Float>(168, 84, 62, 0), SIMD4(142, 138, 134, 0), SIMD4(112, 80, 66, 0),
                SIMD4(186, 178, 168, 0),
            ][stream.index(below: 4)]
            let shade = Float(stream.uniform(0.62, 0.85))
            let radius = max(house.half.0, house.half.1)
            let isFree =
                houses.allSatisfy { other in
                    let (down, across) = house.place(other.middle.0, other.middle.1)
                    return abs(down) > house.half.0 + other.half.0 + 8
                        || abs(across) > house.half.1 + other.half.1 + 8
                }
                && streets.allSatisfy { $0.depth(house.middle.0, house.middle.1) < -radius - 3 }
            guard isFree else { continue }
            houses.append(house)
            canvas.visit(house, margin: 14) { y, x, pixel, canvas in
                if house.depth(y - 9, x - 7) > 0 { canvas.color[pixel] *= 0.5 }
            }
            canvas.visit(house) { y, x, pixel, canvas in
                guard house.depth(y, x) > 0 else { return }
                let (down, across) = house.place(y, x)
                // A gable: one side in the light.
                let ridge = house.half.0 < house.half.1 ? down : across
                canvas.color[pixel] = roof * (ridge > 0 ? shade : 1) + 7 * fine[pixel]
                canvas.labels[pixel] = Kind.building.rawValue
            }
        }
    }

    private static func plant(
        _ canvas: inout Canvas, _ stream: inout RandomStream, _ fine: [Float]
    ) {
        let size = canvas.size
        for _ in 0..<max(4, size.height * size.width / 5000) {
            let radius = Float(stream.uniform(7, 20))
            let tree = Block(
                middle: (
                    Float(stream.uniform(0, Double(size.height))),
                    Float(stream.uniform(0, Double(size.width)))
                ), half: (radius, radius), turn: (1, 0))
            let green = SIMD4<Float>(
                Float(stream.uniform(28, 62)), Float(stream.uniform(62, 96)),
                Float(stream.uniform(26, 44)), 0)
            let (row, column) = (Int(tree.middle.0), Int(tree.middle.1))
            let root = canvas.labels[
                min(row, size.height - 1) * size.width + min(column, size.width - 1)]
            guard root == Kind.meadow.rawValue || root == Kind.clutter.rawValue else { continue }
            func depth(_ y: Float, _ x: Float) -> Float {
                let (down, across) = (y - tree.middle.0, x - tree.middle.1)
                return 1 - (down * down + across * across).squareRoot() / radius
            }
            canvas.visit(tree, margin: 10) { y, x, pixel, canvas in
                if depth(y - 6, x - 5) > 0 { canvas.color[pixel] *= 0.6 }
            }
            canvas.visit(tree, margin: 4) { y, x, pixel, canvas in
                let ragged = depth(y, x) + 0.5 * fine[pixel]
                guard ragged > 0 else { return }
                let lit = (tree.middle.0 - y + tree.middle.1 - x) / radius
                canvas.color[pixel] = green * (1 + 0.25 * lit) + 34 * fine[pixel]
                canvas.labels[pixel] = Kind.tree.rawValue
            }
        }
    }

    private static func park(
        _ canvas: inout Canvas, _ stream: inout RandomStream, _ streets: [Block],
        _ turn: (Float, Float)
    ) {
        let size = canvas.size
        for _ in 0..<max(6, size.height * size.width / 9000) {
            let street = streets[stream.index(below: streets.count)]
            let isAcross = street.half.1 > street.half.0
            let along = Float(
                stream.uniform(-0.5, 0.5) * Double(isAcross ? size.width : size.height))
            let aside = (isAcross ? street.half.0 : street.half.1) - 8
            let place = stream.chance(0.5) ? aside : -aside
            let (down, across) = isAcross ? (place, along) : (along, place)
            let car = Block(
                middle: (
                    street.middle.0 + turn.0 * down + turn.1 * across,
                    street.middle.1 - turn.1 * down + turn.0 * across
                ), half: isAcross ? (4, 8) : (8, 4), turn: turn)
            let paint = [
                SIMD4<Float>(205, 205, 208, 0), SIMD4(38, 40, 44, 0), SIMD4(168, 32, 34, 0),
                SIMD4(44, 66, 130, 0),
            ][stream.index(below: 4)]
            canvas.visit(car) { y, x, pixel, canvas in
                guard car.depth(y, x) > 0 else { return }
                let (down, across) = car.place(y, x)
                let isGlass = abs(abs(isAcross ? across : down) - 3) < 1
                canvas.color[pixel] = isGlass ? SIMD4(52, 58, 66, 0) : paint
                canvas.labels[pixel] = Kind.car.rawValue
            }
        }
    }
}
