import TensorCore

/// Gates and norms of single images: channels that fill blocks, that do not, groups within a block and
/// across two, maps of one pixel and maps of several runs.
extension OperationTable {
    private static let shapes: [Shape] = [
        [1, 1, 1, 1], [2, 3, 5, 4], [3, 16, 4, 5], [2, 17, 3, 7], [1, 48, 2, 3], [2, 20, 1, 1],
        [2, 16, 40, 37], [1, 2, 130, 128],
    ]

    public static let maps: [OperationCase] =
        shapes.flatMap { [means($0), gate($0, isSpatial: false), gate($0, isSpatial: true)] }
        + shapes.flatMap { [blend($0, relu: false), blend($0, relu: true)] }
        + [
            ([2, 3, 5, 4], 1), ([2, 3, 5, 4], 3), ([3, 16, 4, 5], 4), ([1, 48, 2, 3], 2),
            ([2, 17, 3, 7], 17), ([2, 20, 1, 1], 4), ([2, 16, 40, 37], 16), ([1, 2, 130, 128], 1),
        ].flatMap { shape, groups in
            [false, true].map { groupNorm(shape, groups: groups, relu: $0) }
        }

    private static func means(_ shape: Shape) -> OperationCase {
        OperationCase(
            "means of maps \(shape)", inputs: [shape],
            reference: { Reference.mapMeans($0[0]) }, run: { $0.mapMeans($1[0]) },
            referenceGradient: { [Reference.mapMeansGradient($1, inputShape: $0[0].shape)] },
            gradient: {
                [$0.mapMeansGradient($2, inputShape: $1[0].shape, layout: $1[0].layout)]
            })
    }

    private static func gate(_ shape: Shape, isSpatial: Bool) -> OperationCase {
        let gates: [Shape] =
            [[shape[0], shape[1], 1, 1]] + (isSpatial ? [[shape[0], 1, shape[2], shape[3]]] : [])
        return OperationCase(
            "gate by channel" + (isSpatial ? " and pixel" : "") + " on \(shape)",
            inputs: [shape] + gates, activations: isSpatial ? [0, 1, 2] : [0, 1],
            reference: {
                Reference.gate($0[0], channel: $0[1], spatial: isSpatial ? $0[2] : nil)
            },
            run: { $0.gate($1[0], channel: $1[1], spatial: isSpatial ? $1[2] : nil) },
            referenceGradient: {
                Reference.gateGradient(
                    $1, input: $0[0], channel: $0[1], spatial: isSpatial ? $0[2] : nil)
            },
            gradient: {
                let result = $0.gateGradient(
                    $2, input: $1[0], channel: $1[1], spatial: isSpatial ? $1[2] : nil)
                return [result.input, result.channel] + (result.spatial.map { [$0] } ?? [])
            })
    }

    private static func groupNorm(_ shape: Shape, groups: Int, relu: Bool) -> OperationCase {
        let channels: Shape = [shape[1]]
        return OperationCase(
            "group norm of \(shape) in \(groups)" + (relu ? ", ReLU" : ""),
            inputs: [shape, channels, channels], ranges: [0: -1...3, 1: 0.5...2],
            reference: {
                Reference.groupNorm(
                    $0[0], weight: $0[1], bias: $0[2], groups: groups, epsilon: 1e-3, relu: relu)
            },
            run: {
                $0.groupNorm(
                    $1[0], weight: $1[1], bias: $1[2], groups: groups, epsilon: 1e-3, relu: relu
                ).output
            },
            referenceGradient: {
                Reference.groupNormGradient(
                    $1, input: $0[0], weight: $0[1], bias: $0[2], groups: groups, epsilon: 1e-3,
                    relu: relu)
            },
            gradient: { backend, inputs, gradient in
                let forward = backend.groupNorm(
                    inputs[0], weight: inputs[1], bias: inputs[2], groups: groups, epsilon: 1e-3,
                    relu: relu)
                let result = backend.groupNormGradient(
                    gradient, input: inputs[0], forward: forward, weight: inputs[1], relu: relu)
                return [result.input, result.weight, result.bias]
            })
    }

    private static func blend(_ shape: Shape, relu: Bool) -> OperationCase {
        @Sendable func weights(_ inputs: [Tensor]) -> (Float, Float) {
            (inputs[2].values[0], inputs[3].values[0])
        }
        return OperationCase(
            "blend of two maps \(shape)" + (relu ? ", ReLU" : ""),
            inputs: [shape, shape, [1], [1]], activations: [0, 1],
            reference: { Reference.blend($0[0], $0[1], a: $0[2], b: $0[3], relu: relu) },
            run: { $0.blend($1[0], $1[1], weights: weights($1), relu: relu) },
            referenceGradient: {
                Reference.blendGradient($1, $0[0], $0[1], a: $0[2], b: $0[3], relu: relu)
            },
            gradient: { backend, inputs, gradient in
                let output = backend.blend(
                    inputs[0], inputs[1], weights: weights(inputs), relu: relu)
                let result = backend.blendGradient(
                    gradient, inputs[0], inputs[1], weights: weights(inputs),
                    output: relu ? output : nil)
                return [
                    result.a, result.b, Tensor([result.weights.0], shape: [1]),
                    Tensor([result.weights.1], shape: [1]),
                ]
            })
    }
}
