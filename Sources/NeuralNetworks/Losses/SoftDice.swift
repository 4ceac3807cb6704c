import CKernels
import TensorCore

/// Mean over the classes that occur of 1 - (2·sum(p·t) + s) / (sum(p) + sum(t) + s), sums over the
/// batch; adds `weight` times its gradient.
func softDice(
    _ input: LossInput, _ smooth: Double, _ weight: Double,
    _ gradient: UnsafeMutableBufferPointer<Float>?
) -> Double? {
    let c = input.classes
    let isExclusive: Int32 = input.kind == .softmax ? 1 : 0
    var probabilities = Tensor(uninitialized: [input.logits.count])
    let p = probabilities.writePointer()
    switch input.kind {
    case .sigmoid: floe_sigmoid(p, input.logits.baseAddress, input.logits.count)
    case .softmax: floe_softmax(p, input.logits.baseAddress, input.batch, c, input.pixels)
    }
    let sums = ClassSums(input, p, isExclusive)
    guard sums.isCounted else { return nil }
    let occurring = (0..<c).filter { sums.present[$0] > 0 }
    guard !occurring.isEmpty else { return 0 }
    var total = 0.0
    // Slope of the loss by a probability: where the class is present, and everywhere.
    var slopes = [Float](repeating: 0, count: 2 * c)
    for k in occurring {
        let denominator = sums.predicted[k] + sums.present[k] + smooth
        let score = (2 * sums.overlap[k] + smooth) / denominator
        total += 1 - score
        // d(1 - score)/dp = -2t/denominator + score/denominator
        let share = weight / Double(occurring.count)
        slopes[2 * k] = Float(-2 * share / denominator)
        slopes[2 * k + 1] = Float(share * score / denominator)
    }
    if let gradient {
        withExtendedLifetime(probabilities) {
            floe_dice_gradient(
                gradient.baseAddress, p, input.labels.baseAddress, slopes, input.batch, c,
                input.pixels, isExclusive)
        }
    }
    return total / Double(occurring.count)
}

/// Sums over a batch for every class, over the labels that count.
private struct ClassSums {
    var overlap: [Double]
    var predicted: [Double]
    var present: [Double]
    var isCounted = false

    init(_ input: LossInput, _ probabilities: UnsafePointer<Float>, _ isExclusive: Int32) {
        let c = input.classes
        overlap = [Double](repeating: 0, count: c)
        (predicted, present) = (overlap, overlap)
        let runs = floe_loss_runs(input.batch * c, input.pixels)
        var sums = [Double](repeating: 0, count: 4 * runs)
        floe_dice_sums(
            &sums, probabilities, input.labels.baseAddress, input.batch, c, input.pixels,
            isExclusive)
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
