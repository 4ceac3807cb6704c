import TensorCore

/// The Lovász extension of the Jaccard loss (Berman et al. 2018); adds `weight` times its gradient.
///
/// Sigmoid: the hinge of every image's every plane, mean over the planes with a label that counts.
/// Softmax: Lovász-Softmax of each class over the batch, mean over the classes that occur; 0 where
/// none does.
func lovasz(
    _ input: LossInput, _ weight: Double, _ gradient: UnsafeMutableBufferPointer<Float>?
) -> Double? {
    let counted = input.countedLabels()
    guard counted.contains(where: { $0 > 0 }) else { return nil }
    switch input.kind {
    case .sigmoid:
        let planes = counted.count { $0 > 0 }
        return lovaszHinge(input, scale: weight / Double(planes), gradient) / Double(planes)
    case .softmax: return lovaszSoftmax(input, weight, gradient)
    }
}

/// Sum over planes of the Lovász hinge: errors are 1 - x where the class is and 1 + x where not.
private func lovaszHinge(
    _ input: LossInput, scale: Double, _ gradient: UnsafeMutableBufferPointer<Float>?
) -> Double {
    let pixels = input.pixels
    var sums = [Double](repeating: 0, count: input.planes)
    sums.withUnsafeMutableBufferPointer { sums in
        parallelForPlanes(sums) { planes, sums in
            var order = DescendingOrder(capacity: pixels)
            for plane in planes {
                let labels = input.labels(ofPlane: plane)
                let first = plane * pixels
                order.removeAll()
                var present = 0
                for pixel in 0..<pixels where labels[pixel] != LabelMap.ignore {
                    let x = input.logits[first + pixel]
                    present += labels[pixel] == 0 ? 0 : 1
                    order.add(labels[pixel] == 0 ? 1 + x : 1 - x, position: pixel)
                }
                order.sort()
                var jaccard = JaccardSlopes(present: present)
                var total = 0.0
                for rank in 0..<order.count {
                    let pixel = order.position(rank)
                    let isPresent = labels[pixel] != 0
                    let slope = jaccard.next(isPresent)
                    total += slope * Double(order.value(rank))
                    gradient?[first + pixel] += Float(isPresent ? -scale * slope : scale * slope)
                }
                sums[plane] = total
            }
        }
    }
    return sums.reduce(0, +)
}

/// Errors are |t - p|, class by class.
private func lovaszSoftmax(
    _ input: LossInput, _ weight: Double, _ gradient: UnsafeMutableBufferPointer<Float>?
) -> Double {
    let (c, pixels) = (input.classes, input.pixels)
    var present = [Int](repeating: 0, count: 256)
    for label in input.labels { present[Int(label)] += 1 }
    let occurring = (0..<c).filter { present[$0] > 0 }
    guard !occurring.isEmpty else { return 0 }
    var slopes: Tensor? = gradient == nil ? nil : Tensor(zeros: [input.logits.count])
    let out = slopes?.writePointer()
    var sums = [Double](repeating: 0, count: occurring.count)
    sums.withUnsafeMutableBufferPointer { sums in
        parallelForPlanes(sums) { indices, sums in
            var order = DescendingOrder(capacity: input.batch * pixels)
            for index in indices {
                let k = occurring[index]
                order.removeAll()
                for image in 0..<input.batch {
                    let p = input.probabilities(ofPlane: image * c + k)
                    let labels = input.labels(ofPlane: image * c)
                    for pixel in 0..<pixels where labels[pixel] != LabelMap.ignore {
                        order.add(
                            Int(labels[pixel]) == k ? 1 - p[pixel] : p[pixel],
                            position: image * pixels + pixel)
                    }
                }
                order.sort()
                var jaccard = JaccardSlopes(present: present[k])
                var total = 0.0
                for rank in 0..<order.count {
                    let position = order.position(rank)
                    let isPresent = Int(input.labels[position]) == k
                    let slope = jaccard.next(isPresent)
                    total += slope * Double(order.value(rank))
                    let (image, pixel) = position.quotientAndRemainder(dividingBy: pixels)
                    out?[(image * c + k) * pixels + pixel] = Float(isPresent ? -slope : slope)
                }
                sums[index] = total
            }
        }
    }
    if let gradient, let slopes {
        input.addGradient(slopes, scale: weight / Double(occurring.count), to: gradient)
    }
    return sums.reduce(0, +) / Double(occurring.count)
}

/// How the Jaccard loss of a set grows as errors are added to it, one by one.
///
/// The differences of 1 - I/U are written out, so that nothing cancels.
private struct JaccardSlopes {
    /// Pixels of the class that are not among the errors; the class joined with the errors so far.
    private var intersection: Double
    private var union: Double

    init(present: Int) {
        intersection = Double(present)
        union = intersection
    }

    @inline(__always)
    mutating func next(_ isPresent: Bool) -> Double {
        if isPresent {
            intersection -= 1
            return 1 / union
        }
        union += 1
        // The first error where the class is nowhere makes the whole loss.
        return union == 1 ? 1 : intersection / (union * (union - 1))
    }
}

/// Runs `body` on ranges of planes side by side; each writes its own places of `results`.
func parallelForPlanes<Result>(
    _ results: UnsafeMutableBufferPointer<Result>,
    _ body: (Range<Int>, UnsafeMutableBufferPointer<Result>) -> Void
) {
    parallelFor(results.count) { body($0, results) }
}
