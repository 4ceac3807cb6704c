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
    func sampled(size: Int) -> [Float] {
        var values = [Float](repeating: 0, count: size * size)
        for octave in octaves {
            let width = octave.cells + 3
            var cell = [Int](repeating: 0, count: size)
            var share = [Float](repeating: 0, count: size)
            for position in 0..<size {
                let place = (Float(position) + 0.5) / Float(size) * Float(octave.cells)
                cell[position] = Int(place)
                let part = place - Float(cell[position])
                share[position] = part * part * (3 - 2 * part)
            }
            octave.lattice.withUnsafeBufferPointer { lattice in
                values.withUnsafeMutableBufferPointer { values in
                    for row in 0..<size {
                        let upper = cell[row] * width
                        let lower = upper + width
                        let down = share[row]
                        for column in 0..<size {
                            let left = cell[column]
                            let across = share[column]
                            let above =
                                lattice[upper + left]
                                + across * (lattice[upper + left + 1] - lattice[upper + left])
                            let below =
                                lattice[lower + left]
                                + across * (lattice[lower + left + 1] - lattice[lower + left])
                            values[row * size + column] +=
                                octave.height * (above + down * (below - above))
                        }
                    }
                }
            }
        }
        return values
    }
}
