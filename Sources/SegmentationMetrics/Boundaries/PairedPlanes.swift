import TensorCore

/// One class of one image in truth and prediction, over the pixels that are known in both.
///
/// A pixel drops out of both planes where the truth, the prediction or a mask leaves it out, and a
/// contour ends there: against an unknown pixel there is none, as nobody knows on which side of it
/// the class ends. (Taking unknown pixels for outside, as MONAI does, gives truth and prediction the
/// same contour around them, which every prediction then gets right.) Beyond the image is outside.
struct PairedPlanes {
    let height: Int
    let width: Int
    /// `[height, width]`: 0, 1, or 255 for what is left out; 255 at the same pixels in both.
    let truth: [UInt8]
    let prediction: [UInt8]

    /// One class with a mask of its own, 0 or 1, or 255 for an ignored pixel.
    init(
        truth: UnsafeBufferPointer<UInt8>, prediction: UnsafeBufferPointer<UInt8>,
        ignore: UnsafeBufferPointer<UInt8>?, height: Int, width: Int
    ) {
        precondition(height > 0 && width > 0, "contours over \(height)x\(width)")
        let pixels = height * width
        precondition(
            truth.count == pixels && prediction.count == pixels
                && (ignore?.count ?? pixels) == pixels,
            "\(truth.count) true and \(prediction.count) predicted pixels for \(height)x\(width)")
        var wrong = 0
        for pixel in 0..<pixels {
            wrong += truth[pixel] > 1 && truth[pixel] != LabelMap.ignore ? 1 : 0
            wrong += prediction[pixel] > 1 && prediction[pixel] != LabelMap.ignore ? 1 : 0
        }
        precondition(wrong == 0, "\(wrong) pixels of a binary mask are not 0, 1 or 255")
        self.init(
            truth: truth, prediction: prediction, ignore: ignore, label: 1, height: height,
            width: width)
    }

    /// One class of label maps against all others.
    init(
        truth: UnsafeBufferPointer<UInt8>, prediction: UnsafeBufferPointer<UInt8>,
        ignore: UnsafeBufferPointer<UInt8>? = nil, label: UInt8, height: Int, width: Int
    ) {
        self.height = height
        self.width = width
        // All bits of what is left out, for a bitwise or with 0 and 1.
        let unknown = [UInt8](unsafeUninitializedCapacity: truth.count) { out, count in
            count = truth.count
            for pixel in 0..<truth.count {
                let isUnknown =
                    truth[pixel] == LabelMap.ignore || prediction[pixel] == LabelMap.ignore
                out[pixel] = isUnknown ? LabelMap.ignore : 0
            }
            if let ignore {
                for pixel in 0..<truth.count where ignore[pixel] != 0 {
                    out[pixel] = LabelMap.ignore
                }
            }
        }
        func plane(_ labels: UnsafeBufferPointer<UInt8>) -> [UInt8] {
            unknown.withUnsafeBufferPointer { unknown in
                [UInt8](unsafeUninitializedCapacity: labels.count) { out, count in
                    count = labels.count
                    for pixel in 0..<labels.count {
                        out[pixel] = unknown[pixel] | (labels[pixel] == label ? 1 : 0)
                    }
                }
            }
        }
        self.truth = plane(truth)
        self.prediction = plane(prediction)
    }

    /// The planes of every class of two label maps, in the order of the classes.
    ///
    /// - Parameter body: called for one class after another; its planes are not kept.
    static func forEachClass<Result>(
        truth: LabelMap, prediction: LabelMap, classes: Int, _ body: (PairedPlanes) -> Result
    ) -> [Result] {
        precondition((1...255).contains(classes), "\(classes) classes")
        precondition(
            truth.height == prediction.height && truth.width == prediction.width,
            "prediction of \(prediction.height)x\(prediction.width) for a truth of "
                + "\(truth.height)x\(truth.width)")
        precondition(truth.height > 0 && truth.width > 0, "contours over no pixel")
        return truth.labels.withUnsafeBufferPointer { labels in
            prediction.labels.withUnsafeBufferPointer { guesses in
                (0..<classes).map { index in
                    body(
                        PairedPlanes(
                            truth: labels, prediction: guesses, label: UInt8(index),
                            height: truth.height, width: truth.width))
                }
            }
        }
    }

    /// The planes of overlapping classes, `[classes, height, width]`, in the order of the classes.
    ///
    /// - Parameters:
    ///   - ignore: `[height, width]`, non-zero for a pixel to leave out of every class.
    ///   - body: called for one class after another; its planes are not kept.
    static func forEachClass<Result>(
        truth: [UInt8], prediction: [UInt8], classes: Int, height: Int, width: Int,
        ignore: [UInt8]?, _ body: (PairedPlanes) -> Result
    ) -> [Result] {
        let pixels = height * width
        precondition(
            classes > 0 && truth.count == classes * pixels && prediction.count == truth.count,
            "\(truth.count) true and \(prediction.count) predicted pixels for "
                + "\(classes)x\(height)x\(width)")
        func each(_ ignore: UnsafeBufferPointer<UInt8>?) -> [Result] {
            truth.withUnsafeBufferPointer { truth in
                prediction.withUnsafeBufferPointer { prediction in
                    (0..<classes).map { index in
                        let plane = index * pixels..<(index + 1) * pixels
                        return body(
                            PairedPlanes(
                                truth: UnsafeBufferPointer(rebasing: truth[plane]),
                                prediction: UnsafeBufferPointer(rebasing: prediction[plane]),
                                ignore: ignore, height: height, width: width))
                    }
                }
            }
        }
        return ignore?.withUnsafeBufferPointer(each) ?? each(nil)
    }
}
