import CKernels
import TensorCore

/// Mean of log(1 + e^x) - x·t over the labels that count; adds `weight` times its gradient.
///
/// With class weights, the weighted mean over the planes' labels; a plane of weight 0 drops out.
/// Smoothing s moves labels to t·(1 - s) + s/2.
func binaryCrossEntropy(
    _ input: LossInput, _ classWeights: [Float]?, _ smoothing: Double, _ weight: Double,
    _ gradient: UnsafeMutableBufferPointer<Float>?
) -> Double? {
    precondition(input.kind == .sigmoid, "binary cross entropy takes sigmoid targets")
    return input.meanOverLabels(classWeights, weight, gradient) {
        sums, gradient, logits, labels, count, scale in
        floe_binary_cross_entropy(
            sums, gradient, logits, labels, count, Float(smoothing), scale)
    }
}

extension LossInput {
    /// A kernel that sums over labels of sigmoid planes: sums, gradient, logits, labels, count, scale.
    typealias LabelKernel = (
        UnsafeMutablePointer<Double>, UnsafeMutablePointer<Float>?, UnsafePointer<Float>,
        UnsafePointer<UInt8>, Int, Float
    ) -> Void

    /// The mean of what `kernel` sums, over all labels at once or plane by plane with their weights.
    func meanOverLabels(
        _ classWeights: [Float]?, _ weight: Double,
        _ gradient: UnsafeMutableBufferPointer<Float>?, _ kernel: LabelKernel
    ) -> Double? {
        guard let logits = logits.baseAddress, let labels = labels.baseAddress else { return nil }
        let counted = countedLabels()
        let length = classWeights == nil ? self.labels.count : pixels
        let parts = self.labels.count / max(1, length)
        func classWeight(_ part: Int) -> Double {
            classWeights.map { Double($0[part % classes]) } ?? 1
        }
        var denominator = 0.0
        if classWeights == nil {
            denominator = Double(counted.reduce(0, +))
        } else {
            for plane in 0..<parts { denominator += classWeight(plane) * Double(counted[plane]) }
        }
        guard denominator > 0 else { return nil }
        var total = 0.0
        for part in 0..<parts where classWeight(part) > 0 {
            var sums = [Double](repeating: 0, count: floe_loss_runs(1, length))
            kernel(
                &sums, gradient?.baseAddress.map { $0 + part * length }, logits + part * length,
                labels + part * length, length, Float(weight * classWeight(part) / denominator))
            total += classWeight(part) * sums.reduce(0, +)
        }
        return total / denominator
    }
}
