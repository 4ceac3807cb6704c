import TensorCore

extension ConfusionCounts {
    /// Counts two binary masks of equal size, pixel by pixel.
    ///
    /// A pixel drops out where the truth, the prediction or the mask says so.
    ///
    /// - Parameters:
    ///   - truth: 0 or 1, or 255 for an ignored pixel.
    ///   - prediction: 0 or 1, or 255 where nothing was predicted (no data).
    ///   - ignore: non-zero for a pixel to leave out; shared by the classes of an image.
    public init(
        truth: UnsafeBufferPointer<UInt8>, prediction: UnsafeBufferPointer<UInt8>,
        ignore: UnsafeBufferPointer<UInt8>? = nil
    ) {
        let pixels = truth.count
        precondition(
            prediction.count == pixels, "\(prediction.count) predictions for \(pixels) pixels")
        if let ignore {
            precondition(ignore.count == pixels, "mask of \(ignore.count) for \(pixels) pixels")
        }

        var (found, invented, missed, rest, wrong) = (0, 0, 0, 0, 0)
        // Bytes are summed in blocks of at most 255, so that the loop becomes byte-wide additions.
        var start = 0
        while start < pixels {
            let end = min(start + 255, pixels)
            var (blockFound, blockInvented, blockMissed, blockRest, blockWrong) =
                (UInt8(0), UInt8(0), UInt8(0), UInt8(0), UInt8(0))
            for pixel in start..<end {
                let isTrue = truth[pixel]
                let isPredicted = prediction[pixel]
                let truthIsKnown: UInt8 = isTrue != LabelMap.ignore ? 1 : 0
                let predictionIsKnown: UInt8 = isPredicted != LabelMap.ignore ? 1 : 0
                var counted = truthIsKnown & predictionIsKnown
                let isWrong: UInt8 = (isTrue | isPredicted) > 1 ? 1 : 0
                if let ignore { counted &= ignore[pixel] == 0 ? 1 : 0 }
                blockWrong &+= isWrong & counted
                blockFound &+= isTrue & isPredicted & counted
                blockInvented &+= ~isTrue & isPredicted & counted
                blockMissed &+= isTrue & ~isPredicted & counted
                blockRest &+= ~isTrue & ~isPredicted & counted
            }
            found += Int(blockFound)
            invented += Int(blockInvented)
            missed += Int(blockMissed)
            rest += Int(blockRest)
            wrong += Int(blockWrong)
            start = end
        }
        precondition(wrong == 0, "\(wrong) pixels of a binary mask are not 0, 1 or 255")
        self.init(
            truePositive: found, falsePositive: invented, falseNegative: missed,
            trueNegative: rest)
    }

    /// Counts two binary masks of equal size; see the form over buffers.
    public init(truth: [UInt8], prediction: [UInt8], ignore: [UInt8]? = nil) {
        self = truth.withUnsafeBufferPointer { truth in
            prediction.withUnsafeBufferPointer { prediction in
                guard let ignore else {
                    return ConfusionCounts(truth: truth, prediction: prediction)
                }
                return ignore.withUnsafeBufferPointer {
                    ConfusionCounts(truth: truth, prediction: prediction, ignore: $0)
                }
            }
        }
    }

    /// Counts overlapping classes, each a binary mask of its own.
    ///
    /// - Parameters:
    ///   - truth: `[classes, height, width]`, 0, 1 or 255 as for one mask.
    ///   - prediction: the same shape.
    ///   - ignore: `[height, width]`, non-zero for a pixel to leave out of every class.
    /// - Returns: one value per class, in the order of the classes.
    public static func perClass(
        truth: [UInt8], prediction: [UInt8], classes: Int, ignore: [UInt8]? = nil
    ) -> [ConfusionCounts] {
        precondition(
            classes > 0 && truth.count.isMultiple(of: classes),
            "\(truth.count) pixels do not divide into \(classes) classes")
        precondition(
            prediction.count == truth.count,
            "\(prediction.count) predictions for \(truth.count) pixels")
        let pixels = truth.count / classes
        func count(_ ignore: UnsafeBufferPointer<UInt8>?) -> [ConfusionCounts] {
            truth.withUnsafeBufferPointer { truth in
                prediction.withUnsafeBufferPointer { prediction in
                    (0..<classes).map { index in
                        let plane = index * pixels..<(index + 1) * pixels
                        return ConfusionCounts(
                            truth: UnsafeBufferPointer(rebasing: truth[plane]),
                            prediction: UnsafeBufferPointer(rebasing: prediction[plane]),
                            ignore: ignore)
                    }
                }
            }
        }
        return ignore?.withUnsafeBufferPointer(count) ?? count(nil)
    }
}
