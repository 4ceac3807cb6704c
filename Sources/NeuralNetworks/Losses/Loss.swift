import TensorCore

/// A weighted sum of losses over logits; value and gradient come from one call.
public struct Loss: Sendable, Hashable {
    public enum Term: Sendable, Hashable {
        /// Binary cross entropy with logits, mean over all labels that count.
        case binaryCrossEntropy
        /// Categorical cross entropy; with class weights the mean is weighted too (PyTorch).
        case crossEntropy(classWeights: [Float]?)
        /// Soft Dice (Milletari et al. 2016), sums over the batch per class, mean over the classes
        /// that occur in the target.
        case dice(smooth: Double)
    }

    public struct Weighted: Sendable, Hashable {
        public var term: Term
        public var weight: Double

        public init(_ term: Term, weight: Double = 1) {
            self.term = term
            self.weight = weight
        }
    }

    public let terms: [Weighted]

    public init(_ terms: [Weighted]) {
        precondition(!terms.isEmpty, "a loss needs a term")
        self.terms = terms
    }

    /// The loss, or nil where every label is ignored.
    public func value(logits: Tensor, target: TargetBatch) -> Double? {
        evaluate(logits: logits, target: target, gradient: nil)
    }

    /// The loss and its gradient with respect to the logits; nil value and zero gradient where every
    /// label is ignored.
    public func valueAndGradient(
        logits: Tensor, target: TargetBatch
    ) -> (value: Double?, gradient: Tensor) {
        var gradient = Tensor(zeros: logits.shape)
        let value = gradient.withUnsafeMutableElements {
            evaluate(logits: logits, target: target, gradient: $0)
        }
        return (value, gradient)
    }

    /// The loss of probabilities, such as an ensemble's: that of the logits which give them.
    public func value(probabilities: Tensor, target: TargetBatch) -> Double? {
        var logits = probabilities.converted(to: .plain)
        logits.withUnsafeMutableElements { elements in
            for index in elements.indices {
                let p = min(max(Double(elements[index]), 1e-7), 1 - 1e-7)
                elements[index] = Float(
                    target.kind == .sigmoid ? logarithm(p / (1 - p)) : logarithm(p))
            }
        }
        return value(logits: logits, target: target)
    }

    private func evaluate(
        logits: Tensor, target: TargetBatch, gradient: UnsafeMutableBufferPointer<Float>?
    ) -> Double? {
        precondition(
            logits.shape == [target.batch, target.classes, target.height, target.width],
            "logits \(logits.shape) do not fit the target")
        let plain = logits.converted(to: .plain)
        var total = 0.0
        var counted = false
        plain.withUnsafeElements { logits in
            target.labels.withUnsafeBufferPointer { labels in
                let batch = LossInput(logits: logits, labels: labels, target: target)
                for weighted in terms {
                    let value: Double?
                    switch weighted.term {
                    case .binaryCrossEntropy:
                        value = binaryCrossEntropy(batch, weighted.weight, gradient)
                    case .crossEntropy(let classWeights):
                        value = crossEntropy(batch, classWeights, weighted.weight, gradient)
                    case .dice(let smooth):
                        value = softDice(batch, smooth, weighted.weight, gradient)
                    }
                    if let value {
                        total += weighted.weight * value
                        counted = true
                    }
                }
            }
        }
        return counted ? total : nil
    }
}

/// Logits and labels of one batch, as the terms see them.
struct LossInput {
    let logits: UnsafeBufferPointer<Float>
    let labels: UnsafeBufferPointer<UInt8>
    let kind: TargetBatch.Kind
    let batch: Int
    let classes: Int
    let pixels: Int

    init(
        logits: UnsafeBufferPointer<Float>, labels: UnsafeBufferPointer<UInt8>,
        target: TargetBatch
    ) {
        self.logits = logits
        self.labels = labels
        kind = target.kind
        batch = target.batch
        classes = target.classes
        pixels = target.height * target.width
    }
}
