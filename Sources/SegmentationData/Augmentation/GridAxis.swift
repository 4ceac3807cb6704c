/// One axis of a grid whose cells are stretched, as albumentations' normalised GridDistortion does
/// it: cells of one width in the new image show wider and narrower ones of the old.
struct GridAxis: Sendable, Hashable {
    /// For each cell, place in the old image = slope * place in the new one + shift, in pixels.
    private(set) var slopes: [Float] = []
    private(set) var shifts: [Float] = []
    /// Cells a pixel.
    let cellsPerPixel: Float

    /// - Parameter extents: what each cell shows, in any unit; they are brought to `count` pixels.
    init(extents: [Double], count: Int) {
        precondition(!extents.isEmpty && extents.allSatisfy { $0 > 0 }, "cells of no extent")
        let total = extents.reduce(0, +)
        let cell = Double(count) / Double(extents.count)
        var start = 0.0
        for (index, extent) in extents.enumerated() {
            let slope = extent / total * Double(extents.count)
            // A pixel's centre lies half a pixel from its edge.
            let shift = start - slope * Double(index) * cell + 0.5 * slope - 0.5
            slopes.append(Float(slope))
            shifts.append(Float(shift))
            start += extent / total * Double(count)
        }
        cellsPerPixel = Float(Double(extents.count) / Double(count))
    }
}
