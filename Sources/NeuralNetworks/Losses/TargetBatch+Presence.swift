import TensorCore

extension TargetBatch {
    /// Which classes occur in each image, as a sigmoid target `[batch, classes, 1, 1]`: 1 where a
    /// pixel of the class is known, 0 where none is, ignored where no pixel is known at all.
    ///
    /// Ignored pixels count neither way.
    public var presence: TargetBatch {
        var found = [UInt8](repeating: LabelMap.ignore, count: batch * classes)
        let pixels = height * width
        labels.withUnsafeBufferPointer { labels in
            switch kind {
            case .sigmoid:
                for plane in found.indices {
                    var (isKnown, isPresent) = (false, false)
                    for index in plane * pixels..<(plane + 1) * pixels {
                        let label = labels[index]
                        isKnown = isKnown || label != LabelMap.ignore
                        isPresent = isPresent || label == 1
                    }
                    if isKnown { found[plane] = isPresent ? 1 : 0 }
                }
            case .softmax:
                for image in 0..<batch {
                    var seen = [Bool](repeating: false, count: 256)
                    seen.withUnsafeMutableBufferPointer { seen in
                        for index in image * pixels..<(image + 1) * pixels {
                            seen[Int(labels[index])] = true
                        }
                    }
                    guard seen[..<Int(LabelMap.ignore)].contains(true) else { continue }
                    for k in 0..<classes { found[image * classes + k] = seen[k] ? 1 : 0 }
                }
            }
        }
        return TargetBatch(
            kind: .sigmoid, batch: batch, classes: classes, height: 1, width: 1, labels: found)
    }
}
