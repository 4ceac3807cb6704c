/// The three resampling rules that segmentation networks use; which one is part of a network.
public enum ResizeRule: Hashable, Sendable {
    /// Source index `floor(target * in / out)`: segmentation_models.pytorch's decoders.
    case nearest
    /// Half-pixel centres, edges repeated: PyTorch's `bilinear`, `align_corners=False`; images and
    /// probabilities.
    case bilinear
    /// Corners on corners: PyTorch's `align_corners=True`; milesial's bilinear decoder.
    case bilinearAlignedCorners
}

/// For every target index along one axis, the source indices and weights that it reads.
struct AxisSampling {
    /// Lower source index.
    var lower: [Int32]
    /// Weight of the index above `lower`; empty for nearest.
    var upperWeight: [Float]

    init(from input: Int, to output: Int, rule: ResizeRule) {
        precondition(input > 0 && output > 0, "cannot resize \(input) to \(output)")
        switch rule {
        case .nearest:
            lower = (0..<output).map { Int32($0 * input / output) }
            upperWeight = []
        case .bilinear, .bilinearAlignedCorners:
            lower = []
            upperWeight = []
            let scale =
                rule == .bilinear
                ? Double(input) / Double(output)
                : output > 1 ? Double(input - 1) / Double(output - 1) : 0
            for target in 0..<output {
                let position =
                    rule == .bilinear
                    ? max(0, (Double(target) + 0.5) * scale - 0.5) : Double(target) * scale
                let index = min(Int(position), input - 1)
                lower.append(Int32(index))
                upperWeight.append(Float(min(1, position - Double(index))))
            }
        }
    }
}
