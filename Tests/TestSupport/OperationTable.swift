import TensorCore

/// The operations of `ComputeBackend` over awkward shapes: one table for every back end.
public enum OperationTable {
    public static let all: [OperationCase] =
        convolutions + convolutionsWithReLU + transposedConvolutions + batchNorms + poolings
        + resizings + channels + elementwise + maps

    /// Cases small enough for central differences in Double.
    public static var small: [OperationCase] {
        all.filter { $0.inputs.reduce(0) { $0 + $1.count } < 4000 }
    }
}

// MARK: - Convolution

extension OperationTable {
    /// Fixed shapes that networks use, then a seeded draw over all combinations.
    public static let convolutions: [OperationCase] = {
        var cases = [
            // Stem, shortcut, head, transposed convolution (the input gradient), wide 3x3.
            convolution([2, 3, 21, 19], [16, 3, 7, 7], .init(stride: 2, padding: 3), bias: false),
            convolution([2, 4, 18, 22], [64, 4, 7, 7], .init(stride: 2, padding: 3), bias: false),
            convolution([2, 16, 9, 11], [32, 16, 1, 1], .init(stride: 2), bias: false),
            convolution([1, 32, 8, 8], [3, 32, 1, 1], .init(), bias: true),
            convolution([1, 16, 12, 12], [1, 16, 3, 3], .init(padding: 1), bias: true),
            // Heads: few outputs, one to four blocks of inputs, maps down to one pixel.
            convolution([2, 16, 7, 9], [1, 16, 1, 1], .init(), bias: true),
            convolution([3, 64, 5, 6], [2, 64, 3, 3], .init(padding: 1), bias: true),
            convolution([1, 128, 4, 3], [4, 128, 3, 3], .init(padding: 1), bias: false),
            convolution([2, 48, 1, 1], [3, 48, 3, 3], .init(padding: 1), bias: true),
            convolution([1, 16, 2, 1], [1, 16, 3, 3], .init(padding: 1), bias: false),
            convolution([1, 8, 6, 5], [2, 8, 3, 3], .init(padding: 1), bias: true),
            convolution([1, 16, 33, 2], [4, 16, 3, 3], .init(padding: 1), bias: true),
            convolution([2, 16, 10, 14], [32, 16, 2, 2], .init(stride: 2), bias: false),
            convolution([1, 5, 7, 9], [8, 5, 2, 2], .init(stride: 2), bias: true),
            convolution([2, 48, 9, 7], [32, 48, 3, 3], .init(padding: 1), bias: false),
            convolution([1, 1, 1, 1], [3, 1, 1, 1], .init(), bias: true),
            convolution([1, 17, 3, 3], [5, 17, 3, 3], .init(), bias: true),
            convolution([1, 16, 2, 2], [16, 16, 3, 3], .init(padding: 1), bias: false),
            convolution([1, 16, 1, 1], [16, 16, 3, 3], .init(stride: 2, padding: 1), bias: false),
        ]
        let channels = [1, 3, 4, 5, 8, 16, 17, 32, 48]
        var stream = RandomStream(seed: 19, purpose: .test)
        func pick(_ items: [Int]) -> Int { items[stream.index(below: items.count)] }
        while cases.count < 110 {
            let kernel = pick([1, 2, 3, 7])
            let dilation = kernel == 1 ? 1 : pick([1, 1, 2])
            let geometry = ConvolutionGeometry(
                stride: pick([1, 2]), padding: pick([0, 1, 2, 3]), dilation: dilation)
            let input: Shape = [
                pick([1, 2, 3]), pick(channels), pick([5, 7, 8, 9, 13]),
                pick([5, 6, 9, 11, 15]),
            ]
            let weight: Shape = [pick(channels), input[1], kernel, kernel]
            guard geometry.padding <= (kernel - 1) * dilation,
                geometry.outputExtent(of: input[2], kernel: kernel) > 0,
                geometry.outputExtent(of: input[3], kernel: kernel) > 0,
                geometry.outputShape(input: input, weight: weight).count * weight.count / weight[0]
                    < 2_000_000
            else { continue }
            cases.append(convolution(input, weight, geometry, bias: stream.chance(0.5)))
        }
        return cases
    }()

    public static func convolution(
        _ input: Shape, _ weight: Shape, _ geometry: ConvolutionGeometry, bias: Bool
    ) -> OperationCase {
        OperationCase(
            "convolution \(input) by \(weight) stride \(geometry.stride) "
                + "padding \(geometry.padding) dilation \(geometry.dilation)"
                + (bias ? " with bias" : ""),
            inputs: [input, weight] + (bias ? [[weight[0]]] : []),
            reference: {
                Reference.convolution($0[0], weight: $0[1], bias: bias ? $0[2] : nil, geometry)
            },
            run: { $0.convolution($1[0], weight: $1[1], bias: bias ? $1[2] : nil, geometry) },
            referenceGradient: { inputs, gradient in
                let result = Reference.convolutionGradient(
                    gradient, input: inputs[0], weight: inputs[1], geometry)
                return [result.input, result.weight] + (bias ? [result.bias] : [])
            },
            gradient: { backend, inputs, gradient in
                let learned = backend.convolutionWeightGradient(
                    gradient, input: inputs[0], weightShape: weight, needsBias: bias, geometry)
                let input = backend.convolutionInputGradient(
                    gradient, weight: inputs[1], inputShape: input, geometry)
                return [input, learned.weight] + (learned.bias.map { [$0] } ?? [])
            })
    }
}

extension OperationTable {
    /// With squares that do not overlap, as U-Net has them, and with kernels that do.
    public static let transposedConvolutions: [OperationCase] = [
        transposed([2, 32, 5, 7], [32, 16, 2, 2], .init(stride: 2), bias: true),
        transposed([1, 16, 3, 3], [16, 48, 2, 2], .init(stride: 2), bias: false),
        transposed([2, 8, 4, 5], [8, 16, 3, 3], .init(stride: 3), bias: true),
        transposed([1, 5, 4, 3], [5, 3, 2, 2], .init(stride: 2), bias: true),
        transposed([1, 16, 1, 1], [16, 16, 2, 2], .init(stride: 2), bias: true),
        transposed([2, 16, 4, 4], [16, 16, 3, 3], .init(stride: 2, padding: 1), bias: true),
        transposed([1, 16, 5, 4], [16, 32, 3, 3], .init(), bias: false),
    ]

    private static func transposed(
        _ input: Shape, _ weight: Shape, _ geometry: ConvolutionGeometry, bias: Bool
    ) -> OperationCase {
        func grown(_ axis: Int) -> Int {
            (input[axis] - 1) * geometry.stride - 2 * geometry.padding + weight[axis]
        }
        let output: Shape = [input[0], weight[1], grown(2), grown(3)]
        return OperationCase(
            "transposed convolution \(input) by \(weight) stride \(geometry.stride) "
                + "padding \(geometry.padding)" + (bias ? " with bias" : ""),
            inputs: [input, weight] + (bias ? [[weight[1]]] : []),
            reference: {
                let gradient = Reference.convolutionGradient(
                    $0[0], input: ReferenceTensor(zeros: output), weight: $0[1], geometry)
                return bias ? Reference.addBias(gradient.input, bias: $0[2]) : gradient.input
            },
            run: {
                $0.transposedConvolution(
                    $1[0], weight: $1[1], bias: bias ? $1[2] : nil, outputShape: output, geometry)
            })
    }

    /// Convolutions that end in ReLU, by every path that back ends have for them.
    public static let convolutionsWithReLU: [OperationCase] = [
        ([2, 16, 9, 7], [32, 16, 3, 3], ConvolutionGeometry(padding: 1)),
        ([1, 3, 9, 8], [16, 3, 7, 7], ConvolutionGeometry(stride: 2, padding: 3)),
        ([1, 16, 5, 6], [2, 16, 3, 3], ConvolutionGeometry(padding: 1)),
        ([2, 5, 4, 4], [7, 5, 1, 1], ConvolutionGeometry()),
    ].map { input, weight, geometry in
        OperationCase(
            "convolution \(input) by \(weight) with ReLU", inputs: [input, weight, [weight[0]]],
            reference: {
                Reference.relu(Reference.convolution($0[0], weight: $0[1], bias: $0[2], geometry))
            },
            run: { $0.convolution($1[0], weight: $1[1], bias: $1[2], geometry, relu: true) })
    }
}

// MARK: - Batch norm

extension OperationTable {
    public static let batchNorms: [OperationCase] = {
        let shapes: [Shape] = [
            [2, 1, 5, 7], [1, 3, 9, 5], [2, 4, 6, 6], [3, 5, 3, 5], [1, 8, 7, 7], [2, 16, 5, 9],
            [1, 17, 5, 5], [2, 32, 3, 7], [3, 48, 4, 3], [2, 16, 1, 1], [1, 5, 1, 2],
        ]
        return shapes.flatMap { shape in
            [false, true].flatMap { [batchNormTraining(shape, $0), batchNormInference(shape, $0)] }
        }
    }()

    private static func batchNormTraining(_ shape: Shape, _ relu: Bool) -> OperationCase {
        let channels: Shape = [shape[1]]
        return OperationCase(
            "batch norm of \(shape), training" + (relu ? ", ReLU" : ""),
            inputs: [shape, channels, channels], ranges: [0: -1...3, 1: 0.5...2],
            // Two values normalise to plus and minus one whatever they are: the gradient is what
            // remains of terms that cancel.
            tolerance: shape.count / shape[1] == 2 ? 5e-3 : 1e-5,
            reference: {
                Reference.batchNormTraining(
                    $0[0], weight: $0[1], bias: $0[2], epsilon: 1e-5, relu: relu)
            },
            run: {
                $0.batchNormTraining(
                    $1[0], weight: $1[1], bias: $1[2], epsilon: 1e-5, relu: relu
                ).output
            },
            referenceGradient: {
                let result = Reference.batchNormGradient(
                    $1, input: $0[0], weight: $0[1], bias: $0[2], epsilon: 1e-5, relu: relu)
                return [result.input, result.weight, result.bias]
            },
            gradient: { backend, inputs, gradient in
                let forward = backend.batchNormTraining(
                    inputs[0], weight: inputs[1], bias: inputs[2], epsilon: 1e-5, relu: relu)
                let result = backend.batchNormGradient(
                    gradient, input: inputs[0], forward: forward, weight: inputs[1],
                    bias: inputs[2], epsilon: 1e-5, relu: relu)
                return [result.input, result.weight, result.bias]
            })
    }

    private static func batchNormInference(_ shape: Shape, _ relu: Bool) -> OperationCase {
        let channels: Shape = [shape[1]]
        return OperationCase(
            "batch norm of \(shape), inference" + (relu ? ", ReLU" : ""),
            inputs: [shape, channels, channels, channels, channels], ranges: [2: 0.2...2],
            reference: {
                Reference.batchNorm(
                    $0[0], mean: $0[1], variance: $0[2], weight: $0[3], bias: $0[4], epsilon: 1e-3,
                    relu: relu)
            },
            run: {
                $0.batchNormInference(
                    $1[0], mean: $1[1], variance: $1[2], weight: $1[3], bias: $1[4], epsilon: 1e-3,
                    relu: relu)
            })
    }
}

// MARK: - Pooling

extension OperationTable {
    public static let poolings: [OperationCase] = {
        let shapes: [Shape] = [
            [1, 1, 5, 7], [2, 3, 8, 6], [1, 5, 9, 11], [2, 16, 7, 9], [3, 17, 6, 5],
            [1, 48, 12, 8],
        ]
        let geometries = [
            PoolingGeometry(window: 2), PoolingGeometry(window: 3, stride: 2, padding: 1),
            PoolingGeometry(window: 3, stride: 1, padding: 1),
            PoolingGeometry(window: 3, stride: 3), PoolingGeometry(window: 5, stride: 2),
        ]
        return shapes.flatMap { shape in
            geometries.flatMap { [maxPool(shape, $0), averagePool(shape, $0)] }
        }
    }()

    private static func text(_ geometry: PoolingGeometry) -> String {
        "window \(geometry.window) stride \(geometry.stride) padding \(geometry.padding)"
    }

    private static func maxPool(_ shape: Shape, _ geometry: PoolingGeometry) -> OperationCase {
        OperationCase(
            "max pool of \(shape) \(text(geometry))", inputs: [shape],
            reference: { Reference.maxPool($0[0], geometry) },
            run: { $0.maxPool($1[0], geometry).output },
            referenceGradient: { [Reference.maxPoolGradient($1, input: $0[0], geometry)] },
            gradient: { backend, inputs, gradient in
                let forward = backend.maxPool(inputs[0], geometry)
                return [
                    backend.maxPoolGradient(gradient, input: inputs[0], forward: forward, geometry)
                ]
            })
    }

    private static func averagePool(_ shape: Shape, _ geometry: PoolingGeometry) -> OperationCase {
        OperationCase(
            "average pool of \(shape) \(text(geometry))", inputs: [shape],
            reference: { Reference.averagePool($0[0], geometry) },
            run: { $0.averagePool($1[0], geometry) },
            referenceGradient: {
                [Reference.averagePoolGradient($1, inputShape: $0[0].shape, geometry)]
            },
            gradient: { [$0.averagePoolGradient($2, inputShape: $1[0].shape, geometry)] })
    }
}

// MARK: - Resizing

extension OperationTable {
    public static let resizings: [OperationCase] = {
        let plans: [(Shape, height: Int, width: Int)] = [
            ([1, 1, 4, 5], 8, 10), ([2, 3, 5, 7], 13, 9), ([1, 16, 6, 4], 12, 8),
            ([2, 17, 3, 5], 7, 5), ([1, 5, 9, 8], 4, 3), ([1, 32, 1, 3], 5, 1),
            ([3, 8, 7, 7], 1, 1), ([1, 4, 3, 3], 3, 3), ([1, 48, 2, 1], 4, 6),
        ]
        let rules: [(ResizeRule, String)] = [
            (.nearest, "nearest"), (.bilinear, "bilinear"),
            (.bilinearAlignedCorners, "bilinear, aligned corners"),
        ]
        return plans.flatMap { shape, height, width in
            rules.map { rule, name in
                OperationCase(
                    "resize of \(shape) to \(height)x\(width), \(name)", inputs: [shape],
                    reference: {
                        Reference.resize($0[0], height: height, width: width, rule: rule)
                    },
                    run: { $0.resize($1[0], height: height, width: width, rule: rule) },
                    referenceGradient: {
                        [Reference.resizeGradient($1, inputShape: $0[0].shape, rule: rule)]
                    },
                    gradient: { [$0.resizeGradient($2, inputShape: $1[0].shape, rule: rule)] })
            }
        }
    }()
}

// MARK: - Channels

extension OperationTable {
    public static let channels: [OperationCase] =
        [[1, 3], [5, 17], [16, 16], [16, 8], [32, 16, 48], [3, 16], [4]].map(concatenation)
        + [
            ([2, 5, 3, 4], 1..<4), ([1, 48, 5, 3], 16..<32), ([2, 33, 2, 5], 16..<33),
            ([1, 32, 3, 3], 8..<24), ([2, 17, 4, 3], 0..<17), ([1, 32, 3, 3], 16..<20),
        ].map { slice($0.0, $0.1) }
        + ([
            [1, 1, 3, 5], [2, 3, 4, 4], [3, 17, 5, 3], [2, 16, 9, 8], [1, 48, 3, 2],
            [2, 5, 40, 30],
        ] as [Shape]).flatMap { [bias($0), sums($0)] }

    private static func concatenation(_ parts: [Int]) -> OperationCase {
        OperationCase(
            "concatenation of \(parts) channels", inputs: parts.map { [2, $0, 5, 3] },
            activations: Array(parts.indices), reference: { Reference.concatenate($0) },
            run: { $0.concatenate($1) },
            referenceGradient: { inputs, gradient in
                ranges(parts).map { Reference.channels($0, of: gradient) }
            },
            gradient: { backend, _, gradient in
                ranges(parts).map { backend.channels($0, of: gradient) }
            })
    }

    private static func ranges(_ parts: [Int]) -> [Range<Int>] {
        var start = 0
        return parts.map { count in
            defer { start += count }
            return start..<start + count
        }
    }

    private static func slice(_ shape: Shape, _ range: Range<Int>) -> OperationCase {
        OperationCase(
            "channels \(range) of \(shape)", inputs: [shape],
            reference: { Reference.channels(range, of: $0[0]) },
            run: { $0.channels(range, of: $1[0]) })
    }

    private static func bias(_ shape: Shape) -> OperationCase {
        OperationCase(
            "bias added to \(shape)", inputs: [shape, [shape[1]]],
            reference: { Reference.addBias($0[0], bias: $0[1]) },
            run: { $0.addBias($1[0], bias: $1[1]) },
            referenceGradient: { [$1, Reference.channelSums($1)] },
            gradient: { [$2, $0.channelSums($2)] })
    }

    private static func sums(_ shape: Shape) -> OperationCase {
        OperationCase(
            "channel sums of \(shape)", inputs: [shape],
            reference: { Reference.channelSums($0[0]) }, run: { $0.channelSums($1[0]) })
    }
}

// MARK: - Elementwise

extension OperationTable {
    public static let elementwise: [OperationCase] =
        ([[1, 1, 1, 1], [2, 3, 5, 7], [1, 17, 4, 5], [2, 16, 6, 5], [2, 20, 23, 41]] as [Shape])
        .flatMap { shape in
            [
                OperationCase(
                    "sum of two \(shape)", inputs: [shape, shape], activations: [0, 1],
                    reference: { Reference.add($0[0], $0[1]) },
                    run: { $0.add($1[0], $1[1], relu: false) }),
                // Only one of the two comes in the layout under test.
                OperationCase(
                    "ReLU of the sum of two \(shape)", inputs: [shape, shape],
                    reference: { Reference.relu(Reference.add($0[0], $0[1])) },
                    run: { $0.add($1[0], $1[1], relu: true) },
                    referenceGradient: {
                        let output = Reference.relu(Reference.add($0[0], $0[1]))
                        let share = Reference.reluGradient($1, output: output)
                        return [share, share]
                    },
                    gradient: { backend, inputs, gradient in
                        let output = backend.add(inputs[0], inputs[1], relu: true)
                        let share = backend.reluGradient(gradient, output: output)
                        return [share, share]
                    }),
                OperationCase(
                    "product of two \(shape)", inputs: [shape, shape], activations: [1],
                    reference: { Reference.multiply($0[0], $0[1]) },
                    run: { $0.multiply($1[0], $1[1]) }),
                OperationCase(
                    "ReLU of \(shape)", inputs: [shape], reference: { Reference.relu($0[0]) },
                    run: { $0.relu($1[0]) },
                    referenceGradient: {
                        [Reference.reluGradient($1, output: Reference.relu($0[0]))]
                    },
                    gradient: { [$0.reluGradient($2, output: $0.relu($1[0]))] }),
                OperationCase(
                    "layouts of \(shape)", inputs: [shape], reference: { $0[0] },
                    run: { backend, inputs in
                        [Layout.channelBlocked(16), .channelsLast, .channelBlocked(8), .plain]
                            .reduce(inputs[0]) { backend.convert($0, to: $1) }
                    }),
            ]
        }
}
