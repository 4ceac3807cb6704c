import TensorCore

/// Pictures that show where a prediction is right, wrong, or missing something.
public enum OverlayRenderer {
    public static let right = ClassColor(red: 255, green: 255, blue: 0)
    public static let wrong = ClassColor(red: 255, green: 0, blue: 0)
    public static let missed = ClassColor(red: 0, green: 255, blue: 0)

    /// An image as people see it: three of its bands (or one grey band), each stretched from its 1st
    /// to its 99th percentile.
    ///
    /// - Parameters:
    ///   - names: the bands' names; those called red, green and blue (or r, g and b) are shown as
    ///     such, else the first three.
    ///   - reference: the image of the same bands whose percentiles are taken, so that two pictures
    ///     can be compared; nil for the image itself.
    public static func picture(
        of image: BandImage, names: [String] = [], stretchedAs reference: BandImage? = nil
    ) -> Picture {
        let count = image.pixelCount
        let reference = reference ?? image
        precondition(reference.bands == image.bands, "a reference of other bands")
        let bands = shownBands(names, count: image.bands)
        var values = [UInt8](repeating: 0, count: 3 * count)
        var known: [Int: (low: Float, high: Float)] = [:]
        for (channel, band) in bands.enumerated() {
            let range = known[band] ?? stretch(reference, band)
            known[band] = range
            let scale = range.high > range.low ? 255 / (range.high - range.low) : 0
            for pixel in 0..<count {
                let value = (image.values[band * count + pixel] - range.low) * scale
                values[3 * pixel + channel] = UInt8(max(0, min(255, value.rounded())))
            }
        }
        return Picture(height: image.height, width: image.width, values: values)
    }

    private static func shownBands(_ names: [String], count: Int) -> [Int] {
        for colors in [["red", "green", "blue"], ["r", "g", "b"]] {
            let found = colors.compactMap { color in
                names.firstIndex { $0.lowercased() == color }
            }
            if found.count == 3 { return found }
        }
        return count >= 3 ? [0, 1, 2] : [0, 0, 0]
    }

    private static func stretch(_ image: BandImage, _ band: Int) -> (low: Float, high: Float) {
        let count = image.pixelCount
        // Some thousand pixels on a regular grid say as much as all.
        let step = max(1, count / 10_007)
        var values = stride(from: 0, to: count, by: step)
            .filter { image.nodata?[$0] != 1 }
            .map { image.values[band * count + $0] }.filter(\.isFinite)
        values.sort()
        guard let first = values.first, let last = values.last else { return (0, 0) }
        let low = values[values.count / 100]
        let high = values[values.count - 1 - values.count / 100]
        return low < high ? (low, high) : (first, last)
    }

    /// Classes that may overlap, truth against prediction, over a dimmed picture: red where any is
    /// wrong, else green where any is missed, else yellow where any is right; ignored pixels of a
    /// class say nothing.
    ///
    /// - Parameters:
    ///   - truth: [class][row][column] of 0, 1 and 255 (ignored).
    ///   - prediction: [class][row][column] of 0 and 1.
    ///   - opacity: how much of the colour covers the picture, 0 to 1.
    public static func overlay(
        on picture: Picture, truth: [UInt8], prediction: [UInt8], classes: Int = 1,
        opacity: Double = 0.5
    ) -> Picture {
        let count = picture.height * picture.width
        precondition(
            truth.count == classes * count && prediction.count == truth.count,
            "planes of other sizes")
        var result = picture
        for pixel in 0..<count {
            var isRight = false
            var isWrong = false
            var isMissed = false
            for index in stride(from: pixel, to: truth.count, by: count)
            where truth[index] != LabelMap.ignore {
                switch (truth[index] == 1, prediction[index] == 1) {
                case (true, true): isRight = true
                case (false, true): isWrong = true
                case (true, false): isMissed = true
                case (false, false): break
                }
            }
            guard isRight || isWrong || isMissed else { continue }
            blend(&result.values, pixel, isWrong ? wrong : isMissed ? missed : right, opacity)
        }
        return result
    }

    /// Several classes that exclude one another: pixels of the right class yellow, of a wrong class
    /// red, and where the prediction says the background instead of a class, green.
    ///
    /// - Parameter background: the class that is left uncovered where truth and prediction agree
    ///   on it, if there is one.
    public static func overlay(
        on picture: Picture, truth: LabelMap, prediction: LabelMap, background: UInt8? = 0,
        opacity: Double = 0.5
    ) -> Picture {
        let count = picture.height * picture.width
        precondition(
            truth.labels.count == count && prediction.labels.count == count, "maps of other sizes")
        var result = picture
        for pixel in 0..<count where truth.labels[pixel] != LabelMap.ignore {
            let (wanted, got) = (truth.labels[pixel], prediction.labels[pixel])
            if wanted == got {
                if wanted != background { blend(&result.values, pixel, right, opacity) }
            } else {
                blend(&result.values, pixel, got == background ? missed : wrong, opacity)
            }
        }
        return result
    }

    /// The decisions of a network against the truth, by the rule for the kind of the truth.
    ///
    /// - Parameters:
    ///   - decisions: a class a pixel, or planes of 0 and 1, as the truth.
    ///   - hasBackground: whether the first of classes that exclude one another is what is left where
    ///     there is nothing.
    public static func overlay(
        on picture: Picture, truth: SegmentationTarget, decisions: [UInt8], hasBackground: Bool
    ) -> Picture {
        switch truth {
        case .labels(let map):
            overlay(
                on: picture, truth: map,
                prediction: LabelMap(height: map.height, width: map.width, labels: decisions),
                background: hasBackground ? 0 : nil)
        case .planes(let planes):
            overlay(
                on: picture, truth: planes.values, prediction: decisions, classes: planes.classes)
        }
    }

    /// The classes' colours over a picture; pixels of classes without a colour stay as they are.
    public static func classes(
        of map: LabelMap, colors: [ClassColor?], on picture: Picture, opacity: Double = 0.5
    ) -> Picture {
        precondition(map.labels.count == picture.height * picture.width, "a map of another size")
        var result = picture
        for pixel in map.labels.indices {
            let label = Int(map.labels[pixel])
            if label < colors.count, let color = colors[label] {
                blend(&result.values, pixel, color, opacity)
            }
        }
        return result
    }

    /// A truth over a picture: its classes in their colours, ignored pixels darkened.
    ///
    /// - Parameter colors: a colour a class; nil leaves the class's pixels as they are.
    public static func truth(
        _ target: SegmentationTarget, colors: [ClassColor?], on picture: Picture,
        opacity: Double = 0.4
    ) -> Picture {
        let count = picture.height * picture.width
        precondition(target.height * target.width == count, "a target of another size")
        var result = picture
        switch target {
        case .labels(let map):
            result = classes(of: map, colors: colors, on: picture, opacity: opacity)
        case .planes(let planes):
            for index in 0..<planes.classes {
                guard index < colors.count, let color = colors[index] else { continue }
                for (pixel, value) in planes.plane(index).enumerated() where value == 1 {
                    blend(&result.values, pixel, color, opacity)
                }
            }
        }
        let black = ClassColor(red: 0, green: 0, blue: 0)
        for (pixel, isIgnored) in target.ignoredPixels.enumerated() where isIgnored != 0 {
            blend(&result.values, pixel, black, 0.65)
        }
        return result
    }

    private static func blend(
        _ values: inout [UInt8], _ pixel: Int, _ color: ClassColor, _ opacity: Double
    ) {
        for (channel, tint) in [color.red, color.green, color.blue].enumerated() {
            let mixed =
                Double(values[3 * pixel + channel]) * (1 - opacity) + Double(tint) * opacity
            values[3 * pixel + channel] = UInt8(mixed.rounded())
        }
    }
}
