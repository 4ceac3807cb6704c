import TensorCore

/// Smooth random numbers on a square: value noise summed over octaves, each of half the
/// wavelength and `persistence` times the height of the one before.
struct NoiseField {
    private struct Octave {
        var cells: Int
        var height: Float
        /// (cells + 3) x (cells + 3) lattice values in [-1, 1].
        var lattice: [Float]
    }

    private let octaves: [Octave]

    /// - Parameters:
    ///   - cells: lattice cells across the square in the first octave.
    ///   - octaves: how many octaves are summed.
    init(
        _ stream: inout RandomStream, cells: Int, octaves count: Int, persistence: Float = 0.5
    ) {
        var octaves: [Octave] = []
        var height: Float = 1
        var total: Float = 0
        for index in 0..<count {
            let size = (cells << index) + 3
            var lattice = [Float](repeating: 0, count: size * size)
            for place in lattice.indices { lattice[place] = Float(stream.uniform(-1, 1)) }
            octaves.append(Octave(cells: cells << index, height: height, lattice: lattice))
            total += height
            height *= persistence
        }
        for index in octaves.indices { octaves[index].height /= total }
        self.octaves = octaves
    }

    /// The field at the centres of `size` x `size` pixels, rows top to bottom, within [-1, 1].
    func sampled(size: Int) -> [Float] { sampled(height: size, width: size) }

    /// The field at the centres of pixels, rows top to bottom, within [-1, 1]; the longer side is
    /// the square's.
    func sampled(height: Int, width: Int) -> [Float] {
        var values = [Float](repeating: 0, count: height * width)
        let side = max(height, width)
        for octave in octaves {
            let stride = octave.cells + 3
            var cell = [Int](repeating: 0, count: side)
            var share = [Float](repeating: 0, count: side)
            for position in 0..<side {
                let place = (Float(position) + 0.5) / Float(side) * Float(octave.cells)
                cell[position] = Int(place)
                let part = place - Float(cell[position])
                share[position] = part * part * (3 - 2 * part)
            }
            octave.lattice.withUnsafeBufferPointer { lattice in
                values.withUnsafeMutableBufferPointer { values in
                    for row in 0..<height {
                        let upper = cell[row] * stride
                        let lower = upper + stride
                        let down = share[row]
                        for column in 0..<width {
                            let left = cell[column]
                            let across = share[column]
                            let above =
                                lattice[upper + left]
                                + across * (lattice[upper + left + 1] - lattice[upper + left])
                            let below =
                                lattice[lower + left]
                                + across * (lattice[lower + left + 1] - lattice[lower + left])
                            values[row * width + column] +=
                                octave.height * (above + down * (below - above))
                        }
                    }
                }
            }
        }
        return values
    }

    /// The field at one place, both coordinates in squares (0 to 1); beyond the square its edge
    /// goes on.
    func value(down: Float, across: Float) -> Float {
        var sum: Float = 0
        for octave in octaves {
            let stride = octave.cells + 3
            let (y, x) = (
                max(0, min(0.999999, down)) * Float(octave.cells),
                max(0, min(0.999999, across)) * Float(octave.cells)
            )
            let (row, column) = (Int(y), Int(x))
            let (dy, dx) = (y - Float(row), x - Float(column))
            let (v, u) = (dy * dy * (3 - 2 * dy), dx * dx * (3 - 2 * dx))
            let place = row * stride + column
            let above =
                octave.lattice[place] + u * (octave.lattice[place + 1] - octave.lattice[place])
            let lower = place + stride
            let below =
                octave.lattice[lower] + u * (octave.lattice[lower + 1] - octave.lattice[lower])
            sum += octave.height * (above + v * (below - above))
        }
        return sum
    }
}
