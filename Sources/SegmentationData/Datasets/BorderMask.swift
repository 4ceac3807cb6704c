/// The black rim that rectifying a photo leaves.
enum BorderMask {
    /// One byte a pixel: 1 where every band is 0 and the pixel is connected (4 neighbours) to the
    /// image's edge through such pixels.
    ///
    /// - Parameter rasters: the bands of one photo; at least one raster, all of one size.
    static func black(_ rasters: [Raster]) -> [UInt8] {
        let (height, width) = (rasters[0].height, rasters[0].width)
        let count = height * width
        var dark = [UInt8](repeating: 1, count: count)
        for raster in rasters { raster.mark(&dark, as: 0) { $0 != 0 } }
        var border = [UInt8](repeating: 0, count: count)
        var waiting: [Int] = []
        func reach(_ pixel: Int) {
            guard dark[pixel] == 1, border[pixel] == 0 else { return }
            border[pixel] = 1
            waiting.append(pixel)
        }
        for column in 0..<width {
            reach(column)
            reach((height - 1) * width + column)
        }
        for row in 0..<height {
            reach(row * width)
            reach(row * width + width - 1)
        }
        while let pixel = waiting.popLast() {
            let (row, column) = (pixel / width, pixel % width)
            if row > 0 { reach(pixel - width) }
            if row < height - 1 { reach(pixel + width) }
            if column > 0 { reach(pixel - 1) }
            if column < width - 1 { reach(pixel + 1) }
        }
        return border
    }
}
