extension RunLengthTable: ShapeTable {
    var refusesOverlap: Bool { true }

    func spans(
        image: String, height: Int, width: Int, _ body: (ShapeLabel, PixelSpan) throws -> Void
    ) throws {
        for index in classes.indices {
            let found = try runLengths(
                image: image, classIndex: index, height: height, width: width)
            guard let found else { continue }
            for run in found.runs {
                try PixelSpan.columns(from: run.start, count: run.length, height: height, width) {
                    try body(ShapeLabel(label: index), $0)
                }
            }
        }
    }
}

extension PixelSpan {
    /// The spans of pixels that follow one another down the columns, from place `start` on.
    static func columns(
        from start: Int, count: Int, height: Int, _ width: Int,
        _ body: (PixelSpan) throws -> Void
    ) rethrows {
        var (place, left) = (start, count)
        while left > 0 {
            let (column, row) = place.quotientAndRemainder(dividingBy: height)
            let part = min(left, height - row)
            try body(PixelSpan(first: row * width + column, count: part, stride: width))
            place += part
            left -= part
        }
    }
}
