import Foundation
import TensorCore

/// Smooth random displacements: uniform noise of -1 to 1 a pixel, smoothed by a Gaussian, times a
/// strength.
///
/// The smoothed field hardly changes from one pixel to the next, so it is drawn and smoothed at
/// every sigma/2-th pixel, with the deviation that it would have at all of them, and interpolated.
struct ElasticField: Sendable {
    let height: Int
    let width: Int
    /// In pixels, row by row.
    private(set) var down: [Float]
    private(set) var right: [Float]

    init(height: Int, width: Int, alpha: Double, sigma: Double, stream: inout RandomStream) {
        self.height = height
        self.width = width
        let spacing = max(1, Int(sigma / 2))
        let weights = Self.gaussian(sigma / Double(spacing))
        let margin = weights.count - 1
        let rows = (height - 1) / spacing + 2
        let columns = (width - 1) / spacing + 2
        // A mean over spacing^2 times fewer values deviates spacing times as much.
        let strength = Float(alpha / Double(spacing))
        func field(_ stream: inout RandomStream) -> [Float] {
            let noise = Self.noise((rows + margin) * (columns + margin), &stream)
            let smooth = Self.smoothed(
                noise, height: rows + margin, width: columns + margin, weights)
            return Self.enlarged(
                smooth, columns: columns, height: height, width: width, spacing, strength)
        }
        down = field(&stream)
        right = field(&stream)
    }

    /// Uniform in [-1, 1), two to each 64 random bits.
    private static func noise(_ count: Int, _ stream: inout RandomStream) -> [Float] {
        [Float](unsafeUninitializedCapacity: count) { values, filled in
            var index = 0
            while index < count {
                let bits = stream.next()
                values[index] = Float(Int32(truncatingIfNeeded: bits)) * 0x1p-31
                if index + 1 < count {
                    values[index + 1] = Float(Int32(truncatingIfNeeded: bits >> 32)) * 0x1p-31
                }
                index += 2
            }
            filled = count
        }
    }

    /// A Gaussian's weights out to three deviations, which add up to 1.
    static func gaussian(_ deviation: Double) -> [Float] {
        let radius = Int((3 * deviation).rounded(.up))
        let weights = (-radius...radius).map { exp(-Double($0 * $0) / (2 * deviation * deviation)) }
        let total = weights.reduce(0, +)
        return weights.map { Float($0 / total) }
    }

    /// The part of a plane that the weights reach from within, smoothed along both axes.
    static func smoothed(_ plane: [Float], height: Int, width: Int, _ weights: [Float]) -> [Float] {
        let (rows, columns) = (height - weights.count + 1, width - weights.count + 1)
        var across = [Float](repeating: 0, count: height * columns)
        var result = [Float](repeating: 0, count: rows * columns)
        plane.withUnsafeBufferPointer { plane in
            across.withUnsafeMutableBufferPointer { across in
                for row in 0..<height {
                    for (tap, weight) in weights.enumerated() {
                        let from = row * width + tap
                        let to = row * columns
                        for column in 0..<columns {
                            across[to + column] += weight * plane[from + column]
                        }
                    }
                }
            }
        }
        across.withUnsafeBufferPointer { across in
            result.withUnsafeMutableBufferPointer { result in
                for row in 0..<rows {
                    for (tap, weight) in weights.enumerated() {
                        let from = (row + tap) * columns
                        let to = row * columns
                        for column in 0..<columns {
                            result[to + column] += weight * across[from + column]
                        }
                    }
                }
            }
        }
        return result
    }

    /// Interpolated between nodes that lie `spacing` pixels apart.
    private static func enlarged(
        _ nodes: [Float], columns: Int, height: Int, width: Int, _ spacing: Int, _ strength: Float
    ) -> [Float] {
        let left = (0..<width).map { Int32($0 / spacing) }
        let share = (0..<width).map { Float($0 % spacing) / Float(spacing) }
        var line = [Float](repeating: 0, count: columns)
        return [Float](unsafeUninitializedCapacity: height * width) { result, filled in
            nodes.withUnsafeBufferPointer { nodes in
                line.withUnsafeMutableBufferPointer { line in
                    left.withUnsafeBufferPointer { left in
                        share.withUnsafeBufferPointer { share in
                            for row in 0..<height {
                                let upper = row / spacing * columns
                                let part = Float(row % spacing) / Float(spacing)
                                for column in 0..<columns {
                                    let above = nodes[upper + column]
                                    let below = nodes[upper + columns + column]
                                    line[column] = strength * (above + part * (below - above))
                                }
                                for column in 0..<width {
                                    let node = Int(left[column])
                                    let value = line[node]
                                    result[row * width + column] =
                                        value + share[column] * (line[node + 1] - value)
                                }
                            }
                        }
                    }
                }
            }
            filled = height * width
        }
    }
}
