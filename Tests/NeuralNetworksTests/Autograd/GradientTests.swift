import TestSupport
import Testing

@testable import NeuralNetworks
@testable import TensorCore

/// Gradients of every differentiable operation against central differences, in single precision
/// through the tape (R19).
@Suite struct GradientTests {
    struct Case: Sendable, CustomStringConvertible {
        let description: String
        let inputs: [Shape]
        let forward: @Sendable (ForwardContext, [Variable]) -> Variable
    }

    static let image: Shape = [2, 3, 6, 5]

    static let cases: [Case] = [
        Case(description: "convolution", inputs: [image, [4, 3, 3, 3], [4]]) {
            $0.convolution([$1[0]], weight: $1[1], bias: $1[2], .init(padding: 1))
        },
        Case(
            description: "convolution of maps side by side, one of them twice",
            inputs: [image, [2, 2, 6, 5], [4, 8, 3, 3], [4]]
        ) {
            $0.convolution(
                [$1[0], $1[1], $1[0]], weight: $1[2], bias: $1[3], .init(padding: 1))
        },
        Case(description: "strided convolution", inputs: [image, [4, 3, 3, 3]]) {
            $0.convolution([$1[0]], weight: $1[1], bias: nil, .init(stride: 2, padding: 1))
        },
        Case(description: "dilated convolution", inputs: [image, [2, 3, 3, 3], [2]]) {
            $0.convolution([$1[0]], weight: $1[1], bias: $1[2], .init(padding: 2, dilation: 2))
        },
        Case(description: "transposed convolution", inputs: [image, [3, 4, 2, 2], [4]]) {
            $0.transposedConvolution($1[0], weight: $1[1], bias: $1[2], .init(stride: 2))
        },
        Case(description: "padded transposed convolution", inputs: [image, [3, 2, 3, 3], [2]]) {
            $0.transposedConvolution(
                $1[0], weight: $1[1], bias: $1[2], .init(stride: 2, padding: 1))
        },
        Case(description: "batch norm", inputs: [image, [3], [3]]) {
            $0.batchNormTraining(
                $1[0], weight: $1[1], bias: $1[2], epsilon: 1e-3, relu: false
            ).output
        },
        Case(description: "batch norm and ReLU", inputs: [image, [3], [3]]) { context, inputs in
            // Two clusters and a weight near one: no normalised value lies close to the kink.
            let clusters = Tensor(inputs[0].tensor.values.map { $0 > 0 ? 3 : -3 }, shape: image)
            let ones = Variable(Tensor(repeating: 1, shape: [3]))
            return context.batchNormTraining(
                context.add(inputs[0], Variable(clusters)), weight: context.add(inputs[1], ones),
                bias: inputs[2], epsilon: 1e-3, relu: true
            ).output
        },
        Case(description: "group norm", inputs: [[2, 6, 4, 3], [6], [6]]) {
            $0.groupNorm(
                $1[0], weight: $1[1], bias: $1[2], groups: 2, epsilon: 1e-3, relu: false)
        },
        Case(description: "instance norm and ReLU", inputs: [image, [3], [3]]) {
            context, inputs in
            // Two clusters and a weight near one, as above.
            let clusters = Tensor(inputs[0].tensor.values.map { $0 > 0 ? 3 : -3 }, shape: image)
            let ones = Variable(Tensor(repeating: 1, shape: [3]))
            return context.groupNorm(
                context.add(inputs[0], Variable(clusters)), weight: context.add(inputs[1], ones),
                bias: inputs[2], groups: 3, epsilon: 1e-3, relu: true)
        },
        Case(description: "blend", inputs: [image, image, [1], [1]]) {
            $0.blend($1[0], $1[1], a: $1[2], b: $1[3], relu: false)
        },
        Case(description: "means of maps", inputs: [image]) { $0.mapMeans($1[0]) },
        Case(description: "gate by channel", inputs: [image, [2, 3, 1, 1]]) {
            $0.gate($1[0], channel: $1[1])
        },
        Case(
            description: "gate by channel and pixel",
            inputs: [image, [2, 3, 1, 1], [2, 1, 6, 5]]
        ) { $0.gate($1[0], channel: $1[1], spatial: $1[2]) },
        Case(description: "spatial dropout", inputs: [[4, 7, 3, 2]]) {
            $0.spatialDropout($1[0], probability: 0.4)
        },
        Case(description: "max pool", inputs: [image]) {
            $0.maxPool($1[0], .init(window: 3, stride: 2, padding: 1))
        },
        Case(description: "average pool", inputs: [image]) {
            $0.averagePool($1[0], .init(window: 2))
        },
        Case(description: "concatenation", inputs: [image, [2, 1, 6, 5], [2, 16, 6, 5]]) {
            $0.concatenate([$1[0], $1[1], $1[2], $1[0]])
        },
        Case(description: "addition", inputs: [image, image]) { $0.add($1[0], $1[1]) },
        Case(description: "addition of a value to itself", inputs: [image]) {
            $0.add($1[0], $1[0])
        },
        Case(description: "addition and ReLU", inputs: [image, image]) {
            // Halved steps apart: the sum of two spaced values may meet zero, 0.35 away it does not.
            $0.add($1[0], $0.relu($1[1]), relu: true)
        },
        Case(description: "ReLU", inputs: [image]) { $0.relu($1[0]) },
        Case(description: "dropout", inputs: [image]) { $0.dropout($1[0], probability: 0.4) },
        Case(description: "sigmoid", inputs: [image]) { $0.sigmoid($1[0]) },
        Case(description: "softmax", inputs: [image]) { $0.softmax($1[0]) },
        Case(description: "gated sum", inputs: [image, image, image]) {
            $0.gatedSum($1[0], $1[1], gate: $1[2])
        },
        Case(
            description: "gated sum of maps in blocks",
            inputs: [image, [9, 3, 1, 1], [9, 3, 1, 1], [9, 18, 1, 1]]
        ) { context, inputs in
            let maps = inputs[1...2].map {
                context.convolution([inputs[0]], weight: $0, bias: nil, .init())
            }
            let gate = context.convolution(maps, weight: inputs[3], bias: nil, .init())
            return context.gatedSum(maps[0], maps[1], gate: gate)
        },
        Case(description: "global max pool", inputs: [image]) { $0.globalMaxPool($1[0]) },
        Case(description: "affine map", inputs: [[2, 5, 1, 1], [4, 5], [4]]) {
            $0.affineMap($1[0], weight: $1[1], bias: $1[2])
        },
        Case(description: "nearest", inputs: [image]) {
            $0.resize($1[0], height: 9, width: 10, rule: .nearest)
        },
        Case(description: "bilinear", inputs: [image]) {
            $0.resize($1[0], height: 4, width: 8, rule: .bilinear)
        },
        Case(description: "bilinear with aligned corners", inputs: [image]) {
            $0.resize($1[0], height: 12, width: 10, rule: .bilinearAlignedCorners)
        },
        Case(description: "resize to the same size", inputs: [image]) {
            $0.relu($0.resize($1[0], height: 6, width: 5, rule: .bilinear))
        },
    ]

    @Test(arguments: cases)
    func agreesWithCentralDifferences(_ operation: Case) throws {
        let tensors = operation.inputs.enumerated().map { spaced($1, seed: $0) }
        for backend in Backends.all {
            let (gradients, seed) = try ComputeThread.shared.run {
                let context = ForwardContext.training(backend, dropoutSeed: 3)
                let tape = try #require(context.tape)
                let ids = tensors.map { _ in LeafID() }
                let leaves = zip(ids, tensors).map { tape.leaf($0, $1) }
                let output = operation.forward(context, leaves)
                let seed = ReferenceTensor.random(output.shape, seed: 5)
                let result = tape.gradients(of: output, seed: seed.tensor(), backend: backend)
                return (ids.map { result[$0] }, seed)
            }
            for (index, tensor) in tensors.enumerated() {
                let gradient = try #require(gradients[index], "no gradient of input \(index)")
                let positions = CentralDifference.spread(tensor.count, limit: 10)
                let measured = ComputeThread.shared.run {
                    CentralDifference.derivatives(
                        of: { point in
                            var moved = tensors
                            moved[index] = Tensor(point.map(Float.init), shape: tensor.shape)
                            let context = ForwardContext.training(backend, dropoutSeed: 3)
                            let output = operation.forward(context, moved.map { Variable($0) })
                            return ReferenceTensor(output.tensor).dot(seed)
                        }, at: tensor.values.map(Double.init), positions: positions, step: 4e-3)
                }
                let values = gradient.values
                let error = Comparison.error(positions.map { Double(values[$0]) }, measured)
                #expect(error < 1e-3, "\(operation), input \(index), \(backend.name)")
            }
        }
    }
}
