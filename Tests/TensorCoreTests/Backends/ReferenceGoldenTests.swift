import TensorCore
import TestSupport
import Testing

/// The Double reference against PyTorch (scripts/golden/ops.py).
@Suite struct ReferenceGoldenTests {
    struct Entry: Decodable {
        var name: String
        var shape: [Int]
        var output: [Double]
        var gradients: [[Double]]
    }

    typealias Plain = ReferenceTensor

    static let x = ClosedForm.single("x", [2, 3, 6, 5])
    static let w = ClosedForm.single("w", [4, 3, 3, 3])
    static let b = ClosedForm.single("b", [4])
    static let t = ClosedForm.single("t", [3, 4, 2, 2])
    static let scale = ClosedForm.single("scale", [3], scale: 0.5, shift: 1)
    static let shift = ClosedForm.single("shift", [3])

    static func convolution(_ geometry: ConvolutionGeometry) -> (Plain, (Plain) -> [Plain]) {
        (
            Reference.convolution(x, weight: w, bias: b, geometry),
            {
                let result = Reference.convolutionGradient($0, input: x, weight: w, geometry)
                return [result.input, result.weight, result.bias]
            }
        )
    }

    /// A transposed convolution is a convolution's input gradient, and its gradients are that
    /// convolution and its weight gradient.
    static func transposed() -> (Plain, (Plain) -> [Plain]) {
        let geometry = ConvolutionGeometry(stride: 2)
        let image = Plain(zeros: [2, 4, 12, 10])
        let output = Reference.convolutionGradient(x, input: image, weight: t, geometry).input
        return (
            Reference.addBias(output, bias: b),
            {
                [
                    Reference.convolution($0, weight: t, bias: nil, geometry),
                    Reference.convolutionGradient(x, input: $0, weight: t, geometry).weight,
                    Reference.channelSums($0),
                ]
            }
        )
    }

    static func batchNorm(relu: Bool) -> (Plain, (Plain) -> [Plain]) {
        (
            Reference.batchNormTraining(x, weight: scale, bias: shift, epsilon: 1e-5, relu: relu),
            {
                let result = Reference.batchNormGradient(
                    $0, input: x, weight: scale, bias: shift, epsilon: 1e-5, relu: relu)
                return [result.input, result.weight, result.bias]
            }
        )
    }

    static func maxPool(_ geometry: PoolingGeometry) -> (Plain, (Plain) -> [Plain]) {
        (
            Reference.maxPool(x, geometry),
            { [Reference.maxPoolGradient($0, input: x, geometry)] }
        )
    }

    static func averagePool(_ geometry: PoolingGeometry) -> (Plain, (Plain) -> [Plain]) {
        (
            Reference.averagePool(x, geometry),
            { [Reference.averagePoolGradient($0, inputShape: x.shape, geometry)] }
        )
    }

    static func resize(_ height: Int, _ width: Int, _ rule: ResizeRule) -> (
        Plain, (Plain) -> [Plain]
    ) {
        (
            Reference.resize(x, height: height, width: width, rule: rule),
            { [Reference.resizeGradient($0, inputShape: x.shape, rule: rule)] }
        )
    }

    static func reference(_ name: String) -> (Plain, (Plain) -> [Plain])? {
        switch name {
        case "convolution padding 1": convolution(.init(padding: 1))
        case "convolution stride 2 padding 2 dilation 2":
            convolution(.init(stride: 2, padding: 2, dilation: 2))
        case "transposed convolution stride 2": transposed()
        case "batch norm": batchNorm(relu: false)
        case "batch norm relu": batchNorm(relu: true)
        case "max pool 2": maxPool(.init(window: 2))
        case "max pool 3 stride 2 padding 1": maxPool(.init(window: 3, stride: 2, padding: 1))
        case "average pool 2": averagePool(.init(window: 2))
        case "average pool 3 stride 2 padding 1":
            averagePool(.init(window: 3, stride: 2, padding: 1))
        case "nearest to 12x10": resize(12, 10, .nearest)
        case "nearest to 4x7": resize(4, 7, .nearest)
        case "bilinear to 12x10": resize(12, 10, .bilinear)
        case "bilinear to 4x7": resize(4, 7, .bilinear)
        case "aligned to 12x10": resize(12, 10, .bilinearAlignedCorners)
        case "aligned to 4x7": resize(4, 7, .bilinearAlignedCorners)
        default: nil
        }
    }

    @Test func theReferenceAgreesWithPyTorch() throws {
        let entries = try Golden.load("ops", as: [Entry].self)
        var seen = 0
        for entry in entries {
            guard let (output, gradient) = Self.reference(entry.name) else { continue }
            seen += 1
            #expect(output.shape.dimensions == entry.shape, "\(entry.name)")
            #expect(Comparison.error(output.values, entry.output) < 1e-7, "\(entry.name)")
            let got = gradient(ClosedForm.single("seed", output.shape))
            #expect(got.count == entry.gradients.count, "\(entry.name)")
            for (index, (a, b)) in zip(got, entry.gradients).enumerated() {
                #expect(Comparison.error(a.values, b) < 1e-7, "\(entry.name), gradient \(index)")
            }
        }
        #expect(seen == 15)
    }
}
