import CKernels
import TensorCore

/// Sums over a batch for every class, over the labels that count.
struct ClassSums {
    /// Sum of p·t, of p and of t, class by class.
    private(set) var overlap: [Double]
    private(set) var predicted: [Double]
    private(set) var present: [Double]
    private(set) var isCounted = false

    init(_ input: LossInput) {
        let c = input.classes
        overlap = [Double](repeating: 0, count: c)
        (predicted, present) = (overlap, overlap)
        let runs = floe_loss_runs(input.batch * c, input.pixels)
        var sums = [Double](repeating: 0, count: 4 * runs)
        floe_dice_sums(
            &sums, input.probabilities(ofPlane: 0), input.labels.baseAddress, input.batch, c,
            input.pixels, input.kind == .softmax ? 1 : 0)
        let perPlane = runs / max(1, input.batch * c)
        for run in 0..<runs {
            let k = run / perPlane % c
            overlap[k] += sums[4 * run]
            predicted[k] += sums[4 * run + 1]
            present[k] += sums[4 * run + 2]
            isCounted = isCounted || sums[4 * run + 3] > 0
        }
    }
}

/// A class's loss as it follows from its sums, and `share` times its slope by a probability: where
/// the class is present, and everywhere.
struct ClassLoss {
    var value: Double
    var ifPresent: Double
    var always: Double
}

extension LossInput {
    /// Weighted mean over the classes that occur of a loss of their sums; adds `weight` times its
    /// gradient. 0 where no class of any weight occurs, nil where nothing counts.
    ///
    /// - Parameter loss: of the sums, a class and the class's share of the mean, times `weight`.
    func meanOverClasses(
        _ classWeights: [Float]?, _ weight: Double,
        _ gradient: UnsafeMutableBufferPointer<Float>?,
        _ loss: (_ sums: ClassSums, _ k: Int, _ share: Double) -> ClassLoss
    ) -> Double? {
        let sums = ClassSums(self)
        guard sums.isCounted else { return nil }
        let weights = classWeights.map { $0.map(Double.init) }
        let occurring = (0..<classes).filter { sums.present[$0] > 0 && (weights?[$0] ?? 1) > 0 }
        guard !occurring.isEmpty else { return 0 }
        let denominator = occurring.reduce(0) { $0 + (weights?[$1] ?? 1) }
        var total = 0.0
        var slopes = [Float](repeating: 0, count: 2 * classes)
        for k in occurring {
            let classWeight = weights?[k] ?? 1
            let result = loss(sums, k, weight * classWeight / denominator)
            total += classWeight * result.value
            slopes[2 * k] = Float(result.ifPresent)
            slopes[2 * k + 1] = Float(result.always)
        }
        if let gradient {
            floe_dice_gradient(
                gradient.baseAddress, probabilities(ofPlane: 0), labels.baseAddress, slopes, batch,
                classes, pixels, kind == .softmax ? 1 : 0)
        }
        return total / denominator
    }
}
