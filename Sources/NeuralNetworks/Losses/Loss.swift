import TensorCore

/// A weighted sum of losses over logits; value and gradient come from one call.
public struct Loss: Sendable, Hashable {
    public enum Term: Sendable, Hashable {
        /// Binary cross entropy with logits, mean over all labels that count.
        case binaryCrossEntropy
        /// Categorical cross entropy, mean over all pixels that count.
        case crossEntropy
        /// Cross entropy times (1 - p)^gamma, p being the probability of the truth (Lin et al. 2017),
        /// mean over all labels that count. Of two labels, `alpha` weighs the present one and
        /// 1 - alpha the absent one; sigmoid only.
        case focal(gamma: Double, alpha: Double?)
        /// Soft Dice (Milletari et al. 2016), sums over the batch per class, mean over the classes
        /// that occur in the target.
        case dice(smooth: Double)
        /// Tversky index (Salehi et al. 2017), sums and mean as for Dice; `alpha` weighs false
        /// positives, `beta` false negatives. With `gamma`, each class's loss is taken to the power
        /// 1/gamma (focal Tversky, Abraham and Khan 2019).
        case tversky(alpha: Double, beta: Double, smooth: Double, gamma: Double?)
        /// The Lovász extension of the Jaccard loss (Berman et al. 2018): the hinge of each image's
        /// planes for sigmoid, Lovász-Softmax over the batch and the classes present for softmax.
        case lovasz
        /// Mean of the probabilities times the signed distances to the truth's boundary (Kervadec et
        /// al. 2019), in pixels.
        case boundary
        /// What an image's classes have together beyond `limit`, each class by the mean of the
        /// highest `share` of its probabilities.
        case classLimit(limit: Double, share: Double)
        /// Mean distance of the probabilities from their means over 3 x 3 pixels.
        case lowPass

        /// Whether the term is one of probabilities, not of logits.
        func takesProbabilities(_ kind: TargetBatch.Kind) -> Bool {
            switch self {
            case .binaryCrossEntropy, .crossEntropy, .focal: false
            case .lovasz: kind == .softmax
            case .dice, .tversky, .boundary, .classLimit, .lowPass: true
            }
        }
    }

    public struct Weighted: Sendable, Hashable {
        public var term: Term
        public var weight: Double
        /// A weight of each class, for cross entropies, focal, Dice and Tversky: the mean over
        /// labels, pixels or classes is then a weighted one.
        public var classWeights: [Float]?
        /// Softmax: pixels of these classes are ignored by this term. Sigmoid: their planes are.
        public var ignoredClasses: [Int]
        /// How far the targets of a cross entropy are moved towards the even distribution.
        public var labelSmoothing: Double

        public init(
            _ term: Term, weight: Double = 1, classWeights: [Float]? = nil,
            ignoredClasses: [Int] = [], labelSmoothing: Double = 0
        ) {
            self.term = term
            self.weight = weight
            self.classWeights = classWeights
            self.ignoredClasses = ignoredClasses
            self.labelSmoothing = labelSmoothing
        }
    }

    public let terms: [Weighted]

    public init(_ terms: [Weighted]) {
        precondition(!terms.isEmpty, "a loss needs a term")
        self.terms = terms
    }

    /// The same terms with other weights.
    public func weighted(by weights: [Double]) -> Loss {
        precondition(weights.count == terms.count, "\(weights.count) weights of \(terms.count)")
        var terms = terms
        for index in terms.indices { terms[index].weight = weights[index] }
        return Loss(terms)
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
        // Computed once for all terms that need them.
        let probabilities: Tensor? =
            terms.contains { $0.term.takesProbabilities(target.kind) }
            ? (target.kind == .sigmoid
                ? Probabilities.sigmoid(plain) : Probabilities.softmax(plain)) : nil
        var total = 0.0
        var counted = false
        for weighted in terms {
            let labels = target.labels(ignoring: weighted.ignoredClasses)
            let value = plain.withUnsafeElements { logits in
                labels.withUnsafeBufferPointer { labels in
                    Self.evaluate(
                        weighted,
                        LossInput(
                            logits: logits, probabilities: probabilities?.readPointer,
                            labels: labels, target: target),
                        gradient)
                }
            }
            if let value {
                total += weighted.weight * value
                counted = true
            }
        }
        withExtendedLifetime(probabilities) {}
        return counted ? total : nil
    }

    private static func evaluate(
        _ weighted: Weighted, _ input: LossInput, _ gradient: UnsafeMutableBufferPointer<Float>?
    ) -> Double? {
        let weight = weighted.weight
        precondition(
            weighted.classWeights.map { $0.count == input.classes } ?? true,
            "\(weighted.classWeights?.count ?? 0) class weights for \(input.classes) classes")
        switch weighted.term {
        case .binaryCrossEntropy:
            return binaryCrossEntropy(
                input, weighted.classWeights, weighted.labelSmoothing, weight, gradient)
        case .crossEntropy:
            return crossEntropy(
                input, weighted.classWeights, weighted.labelSmoothing, weight, gradient)
        case .focal(let gamma, let alpha):
            return focal(input, gamma, alpha, weighted.classWeights, weight, gradient)
        case .dice(let smooth):
            return softDice(input, smooth, weighted.classWeights, weight, gradient)
        case .tversky(let alpha, let beta, let smooth, let gamma):
            return tversky(
                input, TverskyRule(alpha: alpha, beta: beta, smooth: smooth, gamma: gamma),
                weighted.classWeights, weight, gradient)
        case .lovasz: return lovasz(input, weight, gradient)
        case .boundary: return boundary(input, weight, gradient)
        case .classLimit(let limit, let share):
            return classLimit(input, limit, share, weight, gradient)
        case .lowPass: return lowPass(input, weight, gradient)
        }
    }
}
