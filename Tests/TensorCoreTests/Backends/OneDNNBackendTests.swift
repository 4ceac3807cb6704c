import TestSupport
import Testing

@testable import TensorCore

@Suite struct OneDNNBackendTests {
    /// oneDNN's reference kernels are a hundred times slower than its others.
    @Test func noShapeRunsOnReferenceKernels() {
        let slow = ComputeThread.shared.run {
            let backend = OneDNNBackend(.exact)
            for operation in OperationTable.all {
                for layout in BackendAgreementTests.layouts {
                    let inputs = operation.randomInputs().enumerated().map {
                        $1.tensor(operation.activations.contains($0) ? layout : .plain)
                    }
                    let output = operation.run(backend, inputs)
                    _ = operation.gradient?(backend, inputs, output)
                }
            }
            #expect(backend.primitives.count > 500)
            return backend.primitives.filter { $1.implementation.hasPrefix("ref") }
                .map { "\($0): \($1.implementation)" }.sorted()
        }
        #expect(slow.isEmpty, "\(slow.joined(separator: "\n"))")
    }

    @Test func theNameCarriesVersionAndInstructionSet() {
        let name = BackendAgreementTests.oneDNN.name
        #expect(name.hasPrefix("onednn 2."))
        #expect(name.hasSuffix(OneDNNBackend.instructionSet))
        #expect(OpenBLASBackend().name.hasPrefix("openblas "))
    }

    /// Larger shapes than the Double reference has time for: back end against back end.
    @Test(arguments: [([2, 64, 40, 36], 64), ([1, 128, 24, 24], 32), ([2, 16, 64, 80], 16)])
    func theBackEndsAgreeOnLargerShapes(_ shape: [Int], _ outputs: Int) {
        ComputeThread.shared.run {
            let operation = OperationTable.convolution(
                Shape(shape), [outputs, shape[1], 3, 3], .init(padding: 1), bias: true)
            let inputs = operation.randomInputs().map { $0.tensor() }
            let fast = BackendAgreementTests.oneDNN
            let plain = BackendAgreementTests.openBLAS
            let output = operation.run(plain, inputs)
            #expect(Comparison.error(operation.run(fast, inputs), output) < 1e-5)
            let seed = operation.randomGradient(output.shape).tensor()
            let a = operation.gradient?(fast, inputs, seed) ?? []
            let b = operation.gradient?(plain, inputs, seed) ?? []
            for (a, b) in zip(a, b) { #expect(Comparison.error(a, b) < 1e-5) }
        }
    }

    /// A stale private copy of a weight would show after the weight is written to.
    @Test func aChangedWeightIsNoticed() {
        ComputeThread.shared.run {
            let backend = BackendAgreementTests.oneDNN
            let x = ReferenceTensor.random([1, 16, 6, 6], seed: 1)
            var weight = ReferenceTensor.random([16, 16, 3, 3], seed: 2).tensor()
            for step in 0..<3 {
                let got = backend.convolution(x.tensor(), weight: weight, bias: nil, .init())
                let back = backend.convolutionInputGradient(
                    got, weight: weight, inputShape: x.shape, .init())
                let plain = ReferenceTensor(weight)
                let expected = Reference.convolution(x, weight: plain, bias: nil, .init())
                #expect(Comparison.error(got, expected) < 1e-5, "step \(step)")
                let wanted = Reference.convolutionGradient(
                    ReferenceTensor(got), input: x, weight: plain, .init()
                ).input
                #expect(Comparison.error(back, wanted) < 1e-5, "step \(step)")
                weight.withUnsafeMutableElements { $0[step * 5] += 1 }
            }
        }
    }
}

/// What both back ends must agree on beyond ordinary numbers.
@Suite struct BackendEdgeTests {
    static let backends: [any ComputeBackend] = [
        BackendAgreementTests.oneDNN, BackendAgreementTests.openBLAS,
    ]
    static let layouts: [Layout] = [.plain, .channelBlocked(16), .channelsLast]

    /// A network that has gone wrong must be noticed at its loss: where the batch's statistics are
    /// NaN, so is the channel.
    @Test(arguments: [false, true])
    func batchNormTrainingPassesNaNOn(_ relu: Bool) {
        var plain = ReferenceTensor.random([2, 5, 4, 4], seed: 1)
        plain[1, 3, 2, 2] = .nan
        let ones = Tensor(repeating: 1, shape: [5])
        let zeros = Tensor(zeros: [5])
        for backend in Self.backends {
            for layout in Self.layouts {
                let output = ComputeThread.shared.run {
                    backend.batchNormTraining(
                        plain.tensor(layout), weight: ones, bias: zeros, epsilon: 1e-5, relu: relu
                    ).output
                }
                let broken = Reference.channels(3..<4, of: ReferenceTensor(output))
                #expect(broken.values.allSatisfy { $0.isNaN }, "\(backend.name) \(layout)")
                let whole = Reference.channels(0..<3, of: ReferenceTensor(output))
                #expect(whole.values.allSatisfy { $0.isFinite }, "\(backend.name) \(layout)")
            }
        }
    }

    /// oneDNN's maximum drops a NaN; after a batch norm a channel is NaN as a whole, and then what
    /// comes out must not look like an ordinary number.
    @Test func otherOperationsPassNaNOn() {
        var plain = ReferenceTensor.random([1, 16, 8, 8], seed: 1)
        for row in 0..<8 { for column in 0..<8 { plain[0, 3, row, column] = .nan } }
        let weight = ReferenceTensor.random([16, 16, 3, 3], seed: 2).tensor()
        for backend in Self.backends {
            for layout in Self.layouts {
                let outputs: [(String, Tensor)] = ComputeThread.shared.run {
                    let x = plain.tensor(layout)
                    return [
                        ("convolution", backend.convolution(x, weight: weight, bias: nil, .init())),
                        ("max pool", backend.maxPool(x, .init(window: 2)).output),
                        ("average pool", backend.averagePool(x, .init(window: 2))),
                        ("relu", backend.relu(x)), ("add", backend.add(x, x, relu: true)),
                        ("nearest", backend.resize(x, height: 16, width: 16, rule: .nearest)),
                        (
                            "bilinear",
                            backend.resize(x, height: 5, width: 5, rule: .bilinearAlignedCorners)
                        ), ("sums", backend.channelSums(x)),
                    ]
                }
                for (name, output) in outputs {
                    #expect(
                        output.values.contains { $0.isNaN || abs($0) > 1e38 },
                        "\(name), \(backend.name) \(layout)")
                }
            }
        }
    }

    /// The variance of numbers far from zero: the difference of two large sums would lose it.
    @Test func batchStatisticsOfShiftedValues() {
        let plain = ReferenceTensor.random([3, 17, 13, 11], seed: 4, from: 99.9, to: 100.1)
        let (mean, variance) = Reference.statistics(plain)
        ComputeThread.shared.run {
            for backend in Self.backends {
                for layout in Self.layouts {
                    for relu in [false, true] {
                        let result = backend.batchNormTraining(
                            plain.tensor(layout), weight: Tensor(repeating: 1, shape: [17]),
                            bias: Tensor(zeros: [17]), epsilon: 1e-5, relu: relu)
                        #expect(Comparison.error(result.mean, mean) < 1e-6)
                        #expect(Comparison.error(result.variance, variance) < 2e-3)
                        #expect(result.mean.shape == [17] && result.variance.shape == [17])
                    }
                }
            }
        }
    }

    /// Gradients of equal maxima: their sum is kept, wherever it goes.
    @Test func maxPoolGradientKeepsItsSumOnTies() {
        let x = Tensor(repeating: 1, shape: [1, 3, 6, 6])
        ComputeThread.shared.run {
            for backend in Self.backends {
                for layout in Self.layouts {
                    let geometry = PoolingGeometry(window: 3, stride: 2, padding: 1)
                    let input = x.converted(to: layout)
                    let forward = backend.maxPool(input, geometry)
                    let gradient = backend.maxPoolGradient(
                        Tensor(repeating: 1, shape: forward.output.shape), input: input,
                        forward: forward, geometry)
                    #expect(gradient.values.reduce(0, +) == 27)
                }
            }
        }
    }

    /// Padding never wins a maximum, even where every value is far below zero.
    @Test func maxPoolOfNegativeValues() {
        let x = ReferenceTensor.random([1, 4, 5, 5], seed: 1, from: -1e30, to: -1e29)
        ComputeThread.shared.run {
            let geometry = PoolingGeometry(window: 3, stride: 2, padding: 1)
            let expected = Reference.maxPool(x, geometry)
            for backend in Self.backends {
                for layout in Self.layouts {
                    let got = backend.maxPool(x.tensor(layout), geometry).output
                    #expect(Comparison.error(got, expected) == 0)
                }
            }
        }
    }
}
