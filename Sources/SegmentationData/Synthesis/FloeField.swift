import Foundation
import TensorCore

/// Broken ice: floes whose sizes follow a power law, with ragged edges and leads between them.
///
/// Floes are cells of an additively weighted Voronoi diagram whose plane is warped by fractal
/// noise and whose distance lies between a polygon's and a circle's. Sizes: Rothrock and Thorndike,
/// "Measuring the sea ice floe size distribution", JGR 89, 1984.
struct FloeField {
    private struct Floe {
        var row: Float
        var column: Float
        var radius: Float
        /// Its own brightness in radar, around 1.
        var brightness: Float
        /// Its own brightness to the camera: 1 under snow, less where the ice is bare.
        var albedo: Float
        /// The outward normals of its sides, longer for a side that lies closer.
        var down: SIMD8<Float>
        var across: SIMD8<Float>

        /// How far a point lies outside of the floe (negative inside), in pixels.
        func distance(row y: Float, column x: Float) -> Float {
            let (dy, dx) = (y - row, x - column)
            let round = (dy * dy + dx * dx).squareRoot()
            let angular = (down * dy + across * dx).max()
            return 0.7 * angular + 0.3 * round - radius
        }

        /// The most that the distance changes from one pixel to the next.
        static let steepness: Float = 1.15
    }

    /// The field's pixels, rows top to bottom.
    struct Pixels {
        /// 1 where ice is.
        var ice: [UInt8]
        /// The distance into a floe from its edge in pixels; negative in the water.
        var depth: [Float]
        /// The radar brightness of the floe at this pixel.
        var brightness: [Float]
        /// The camera brightness of the floe at this pixel.
        var albedo: [Float]
    }

    let size: Int
    private let floes: [Floe]
    /// Where each pixel's centre lies in the plane of the floes.
    private let rows: [Float]
    private let columns: [Float]
    /// How far ice reaches beyond a floe's radius, in pixels: dense pack or scattered floes.
    private let reach: Float
    /// The width of the leads between floes that touch, in pixels.
    private let lead: Float

    init(_ stream: inout RandomStream, size: Int) {
        self.size = size
        let concentration = Float(stream.uniform())
        reach = -6 + 34 * concentration * concentration
        lead = Float(stream.uniform(1.5, 5))
        let warp = Float(stream.uniform(18, 44))
        floes = Self.floes(&stream, size: size)
        var rows = NoiseField(&stream, cells: 6, octaves: 6, persistence: 0.55).sampled(size: size)
        var columns = NoiseField(&stream, cells: 6, octaves: 6, persistence: 0.55)
            .sampled(size: size)
        for pixel in rows.indices {
            rows[pixel] = Float(pixel / size) + warp * rows[pixel]
            columns[pixel] = Float(pixel % size) + warp * columns[pixel]
        }
        self.rows = rows
        self.columns = columns
    }

    /// Throws floes of random sizes onto the water, the largest first: small ones fill what large
    /// ones leave.
    private static func floes(_ stream: inout RandomStream, size: Int) -> [Floe] {
        let smallest = stream.uniform(7, 14)
        let largest = stream.uniform(60, 170)
        let exponent = stream.uniform(1.4, 2.2)
        let bareShare = stream.uniform(0, 0.5)
        let radii = (0..<340).map { _ -> Double in
            let part = stream.uniform()
            let low = pow(smallest, -exponent)
            let high = pow(largest, -exponent)
            return pow(low + part * (high - low), -1 / exponent)
        }.sorted(by: >)
        var floes: [Floe] = []
        for radius in radii {
            let row = stream.uniform(-40, Double(size) + 40)
            let column = stream.uniform(-40, Double(size) + 40)
            var floe = Floe(
                row: Float(row), column: Float(column), radius: Float(radius),
                brightness: Float(stream.uniform(0.6, 1.35)),
                albedo: stream.chance(bareShare) ? Float(stream.uniform(0.3, 0.75)) : 1,
                down: .zero, across: .zero)
            let sides = 5 + stream.index(below: 4)
            let turn = stream.uniform(0, 2 * Double.pi)
            for side in 0..<8 {
                // Fewer than eight sides repeat the last.
                if side < sides {
                    let jitter = stream.uniform(-0.3, 0.3)
                    let angle = turn + (Double(side) + jitter) * 2 * Double.pi / Double(sides)
                    let closeness = stream.uniform(0.86, 1.2)
                    floe.down[side] = Float(closeness * sin(angle))
                    floe.across[side] = Float(closeness * cos(angle))
                } else {
                    floe.down[side] = floe.down[sides - 1]
                    floe.across[side] = floe.across[sides - 1]
                }
            }
            let overlaps = floes.contains { other in
                let (down, across) = (Double(other.row) - row, Double(other.column) - column)
                let near = 0.9 * (Double(other.radius) + radius)
                return down * down + across * across < near * near
            }
            if !overlaps { floes.append(floe) }
        }
        return floes
    }

    /// Rasterises the field.
    func pixels() -> Pixels {
        let count = size * size
        var result = Pixels(
            ice: [UInt8](repeating: 0, count: count), depth: [Float](repeating: 0, count: count),
            brightness: [Float](repeating: 1, count: count),
            albedo: [Float](repeating: 1, count: count))
        let block = 20
        for top in stride(from: 0, to: size, by: block) {
            for left in stride(from: 0, to: size, by: block) {
                let blockRows = top..<min(top + block, size)
                let blockColumns = left..<min(left + block, size)
                let near = candidates(blockRows, blockColumns)
                near.withUnsafeBufferPointer { near in
                    for row in blockRows {
                        for column in blockColumns { fill(row * size + column, near, &result) }
                    }
                }
            }
        }
        return result
    }

    /// The floes that can be first or second for any pixel of a block.
    private func candidates(_ blockRows: Range<Int>, _ blockColumns: Range<Int>) -> [Floe] {
        var (top, bottom) = (Float.infinity, -Float.infinity)
        var (left, right) = (Float.infinity, -Float.infinity)
        for row in blockRows {
            for column in blockColumns {
                let (y, x) = (rows[row * size + column], columns[row * size + column])
                (top, bottom) = (min(top, y), max(bottom, y))
                (left, right) = (min(left, x), max(right, x))
            }
        }
        let (high, wide) = (bottom - top, right - left)
        let slack = Floe.steepness * (high * high + wide * wide).squareRoot() / 2
        let distances = floes.map {
            $0.distance(row: (top + bottom) / 2, column: (left + right) / 2)
        }
        var (first, second) = (Float.infinity, Float.infinity)
        for distance in distances {
            if distance < first {
                (first, second) = (distance, first)
            } else if distance < second {
                second = distance
            }
        }
        return floes.indices.filter { distances[$0] <= second + 2 * slack }.map { floes[$0] }
    }

    private func fill(_ pixel: Int, _ near: UnsafeBufferPointer<Floe>, _ result: inout Pixels) {
        let (y, x) = (rows[pixel], columns[pixel])
        var first = Float.infinity
        var second = Float.infinity
        var nearest = 0
        for index in 0..<near.count {
            let distance = near[index].distance(row: y, column: x)
            if distance < first {
                second = first
                first = distance
                nearest = index
            } else if distance < second {
                second = distance
            }
        }
        let depth = min(reach - first, (second - first - lead) / 2)
        result.depth[pixel] = depth
        result.ice[pixel] = depth > 0 ? 1 : 0
        result.brightness[pixel] = near[nearest].brightness
        result.albedo[pixel] = near[nearest].albedo
    }
}
