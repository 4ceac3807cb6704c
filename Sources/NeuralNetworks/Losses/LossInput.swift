import CKernels
import TensorCore

/// Logits, probabilities and labels of one batch, as the terms see them.
struct LossInput {
    let logits: UnsafeBufferPointer<Float>
    /// Sigmoid or softmax of the logits, plain; nil where no term takes them.
    let probabilities: UnsafePointer<Float>?
    let labels: UnsafeBufferPointer<UInt8>
    let kind: TargetBatch.Kind
    let batch: Int
    let classes: Int
    let height: Int
    let width: Int

    init(
        logits: UnsafeBufferPointer<Float>, probabilities: UnsafePointer<Float>?,
        labels: UnsafeBufferPointer<UInt8>, target: TargetBatch
    ) {
        self.logits = logits
        self.probabilities = probabilities
        self.labels = labels
        kind = target.kind
        batch = target.batch
        classes = target.classes
        height = target.height
        width = target.width
    }

    var pixels: Int { height * width }
    /// Planes of logits: one for each image and class, image by image.
    var planes: Int { batch * classes }

    /// The labels of an image's class: 0, 1 and ignore for sigmoid, class indices for softmax.
    func labels(ofPlane plane: Int) -> UnsafeBufferPointer<UInt8> {
        let first = (kind == .sigmoid ? plane : plane / classes) * pixels
        return UnsafeBufferPointer(rebasing: labels[first..<first + pixels])
    }

    /// What the labels of a plane hold where its class is: sigmoid planes hold 1.
    func presentLabel(ofPlane plane: Int) -> UInt8 {
        kind == .sigmoid ? 1 : UInt8(truncatingIfNeeded: plane % classes)
    }

    /// The probabilities of an image's class.
    func probabilities(ofPlane plane: Int) -> UnsafePointer<Float> {
        guard let probabilities else {
            preconditionFailure("a term of probabilities without them")
        }
        return probabilities + plane * pixels
    }

    /// Labels that count, in each image's labels or in each plane's.
    func countedLabels() -> [Int] {
        let sets = labels.count / max(1, pixels)
        return (0..<sets).map { set in
            var count = 0
            for label in labels[set * pixels..<(set + 1) * pixels] where label != LabelMap.ignore {
                count += 1
            }
            return count
        }
    }

    /// Where ``countedLabels()`` has the labels of a plane.
    func labelSet(ofPlane plane: Int) -> Int { kind == .sigmoid ? plane : plane / classes }

    /// Adds `scale` times the gradient that follows from slopes by each probability.
    ///
    /// - Parameter slopes: plain, as the logits; 0 in all classes where a pixel is ignored.
    func addGradient(
        _ slopes: Tensor, scale: Double, to gradient: UnsafeMutableBufferPointer<Float>
    ) {
        withExtendedLifetime(slopes) {
            floe_slope_gradient(
                gradient.baseAddress, probabilities(ofPlane: 0), slopes.readPointer, batch, classes,
                pixels, kind == .softmax ? 1 : 0, Float(scale))
        }
    }
}

extension TargetBatch {
    /// The labels without some classes: their pixels for softmax, their planes for sigmoid.
    func labels(ignoring ignored: [Int]) -> [UInt8] {
        guard !ignored.isEmpty else { return labels }
        var table = [UInt8](0...255)
        for k in ignored { table[k] = LabelMap.ignore }
        switch kind {
        case .softmax: return labels.map { table[Int($0)] }
        case .sigmoid:
            var result = labels
            let pixels = height * width
            for plane in 0..<batch * classes
            where table[plane % classes] == LabelMap.ignore {
                for index in plane * pixels..<(plane + 1) * pixels {
                    result[index] = LabelMap.ignore
                }
            }
            return result
        }
    }
}
