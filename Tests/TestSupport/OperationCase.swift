import TensorCore

/// One operation on one set of shapes: how the reference computes it and how a back end does.
public struct OperationCase: Sendable, CustomStringConvertible {
    public typealias Plain = ReferenceTensor

    public let description: String
    /// Shapes of the inputs; those of rank 4 that are listed in `activations` may come in any layout.
    public let inputs: [Shape]
    public let activations: [Int]
    /// Range of the random inputs, by position; -1...1 where absent.
    public let ranges: [Int: ClosedRange<Double>]
    /// Largest error allowed, relative to the largest expected value.
    public let tolerance: Double
    public let reference: @Sendable ([Plain]) -> Plain
    public let run: @Sendable (any ComputeBackend, [Tensor]) -> Tensor
    /// From inputs and the output's gradient to the gradients of the inputs; nil where the seam has
    /// no gradient of its own.
    public let referenceGradient: (@Sendable ([Plain], Plain) -> [Plain])?
    public let gradient: (@Sendable (any ComputeBackend, [Tensor], Tensor) -> [Tensor])?

    public init(
        _ description: String, inputs: [Shape], activations: [Int] = [0],
        ranges: [Int: ClosedRange<Double>] = [:], tolerance: Double = 1e-5,
        reference: @escaping @Sendable ([Plain]) -> Plain,
        run: @escaping @Sendable (any ComputeBackend, [Tensor]) -> Tensor,
        referenceGradient: (@Sendable ([Plain], Plain) -> [Plain])? = nil,
        gradient: (@Sendable (any ComputeBackend, [Tensor], Tensor) -> [Tensor])? = nil
    ) {
        self.description = description
        self.inputs = inputs
        self.activations = activations
        self.ranges = ranges
        self.tolerance = tolerance
        self.reference = reference
        self.run = run
        self.referenceGradient = referenceGradient
        self.gradient = gradient
    }

    /// The same random inputs every time.
    public func randomInputs() -> [ReferenceTensor] {
        inputs.enumerated().map { index, shape in
            let range = ranges[index] ?? -1...1
            return .random(shape, seed: index + 1, from: range.lowerBound, to: range.upperBound)
        }
    }

    /// A fixed random gradient of the output.
    public func randomGradient(_ output: Shape) -> ReferenceTensor { .random(output, seed: 77) }

    /// Inputs, and what the reference makes of them.
    public func expectation() -> OperationExpectation {
        let inputs = randomInputs()
        let output = reference(inputs)
        let seed = randomGradient(output.shape)
        return OperationExpectation(
            inputs: inputs, output: output, seed: seed,
            gradients: referenceGradient?(inputs, seed) ?? [])
    }

    /// The largest error of output and gradients of `backend`, inputs and gradient given in
    /// `layout`, and whether inputs stayed as they were and padding stayed zero.
    public func check(
        _ backend: any ComputeBackend, layout: Layout, _ expected: OperationExpectation
    ) -> OperationOutcome {
        let tensors = expected.inputs.enumerated().map {
            $1.tensor(activations.contains($0) ? layout : .plain)
        }
        let before = tensors.map(\.values)
        let layouts: [Layout] = [.plain, .channelBlocked(16)]
        poisonFreeBuffers(
            counts: (inputs + [expected.output.shape]).flatMap { shape in
                shape.rank == 4 ? layouts.map { $0.storageCount(of: shape) } : [shape.count]
            })
        var outcome = OperationOutcome()
        outcome.note(run(backend, tensors), expected.output, "output")
        let gradients = gradient?(backend, tensors, expected.seed.tensor(layout)) ?? []
        for (index, got) in gradients.enumerated() {
            outcome.note(got, expected.gradients[index], "gradient of input \(index)")
        }
        outcome.inputsKept = before == tensors.map(\.values)
        return outcome
    }
}

/// Inputs of an operation and what the reference makes of them.
public struct OperationExpectation: Sendable {
    public var inputs: [ReferenceTensor]
    public var output: ReferenceTensor
    /// Gradient of the output.
    public var seed: ReferenceTensor
    /// Gradients of the inputs; empty where the seam has none.
    public var gradients: [ReferenceTensor]
}

/// What one check of an operation found.
public struct OperationOutcome: Sendable {
    /// Largest error relative to the largest expected value, and where it was.
    public var error = 0.0
    public var place = ""
    public var paddingIsZero = true
    public var inputsKept = true

    mutating func note(_ got: Tensor, _ expected: ReferenceTensor, _ name: String) {
        let error = Comparison.error(got, expected)
        if error > self.error {
            self.error = error
            place = name
        }
        if !Comparison.paddingIsZero(got) { paddingIsZero = false }
    }
}
