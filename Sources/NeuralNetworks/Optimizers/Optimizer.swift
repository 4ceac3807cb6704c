import CKernels
import Foundation
import TensorCore

/// Which rule turns gradients into steps.
public enum OptimizerRule: Sendable, Hashable {
    /// Stochastic gradient descent with momentum, PyTorch's convention.
    case sgd(momentum: Double, nesterov: Bool, weightDecay: Double)
    /// Kingma and Ba 2015; weight decay is added to the gradient.
    case adam(beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double)

    public static let adam = OptimizerRule.adam(
        beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0)
}

/// An optimiser: a rule and what it remembers about every parameter.
public struct Optimizer: Sendable {
    public let rule: OptimizerRule
    /// Steps taken so far.
    public private(set) var steps: Int
    /// Steps that the encoder took part in: fewer where it was frozen at first.
    public private(set) var encoderSteps: Int
    /// What is remembered, by name (`first`, `second`, `velocity`), one tensor per trainable
    /// parameter in state order; empty before the first step.
    public private(set) var moments: [String: [Tensor]]

    public init(_ rule: OptimizerRule) {
        self.rule = rule
        steps = 0
        encoderSteps = 0
        moments = [:]
    }

    /// As it was when stored.
    public init(
        _ rule: OptimizerRule, steps: Int, encoderSteps: Int, moments: [String: [Tensor]]
    ) {
        self.rule = rule
        self.steps = steps
        self.encoderSteps = encoderSteps
        self.moments = moments
    }

    /// Names of what the rule remembers, in stored order.
    public var momentNames: [String] {
        switch rule {
        case .sgd: ["velocity"]
        case .adam: ["first", "second"]
        }
    }

    /// Moves every trainable parameter of `model` that has a gradient, the encoder's and the others
    /// in one sweep each.
    ///
    /// - Parameter encoderRate: of what lies below `encoder`; nil for the same rate.
    /// - Returns: whether every weight that moved is finite.
    @discardableResult
    public mutating func step(
        _ model: inout some Module, gradients: [LeafID: Tensor], rate: Double,
        encoderRate: Double? = nil
    ) -> Bool {
        steps += 1
        var visitor = StepVisitor(
            gradients: gradients, moments: momentNames.map { moments[$0] ?? [] })
        moments = [:]
        model.visitState(&visitor)
        // The sweep's pointers point into the model, the moments and the gradients held here.
        let isFinite = withExtendedLifetime((visitor.moments, visitor.held)) {
            let others = move(visitor.others, rate: Float(rate), step: steps)
            guard !visitor.encoder.isEmpty else { return others }
            encoderSteps += 1
            let encoder = move(
                visitor.encoder, rate: Float(encoderRate ?? rate), step: encoderSteps)
            return others && encoder
        }
        for (name, tensors) in zip(momentNames, visitor.moments) { moments[name] = tensors }
        return isFinite
    }

    /// - Parameter step: how often these parameters have been moved, this time included.
    private func move(_ parameters: [floe_parameter], rate: Float, step: Int) -> Bool {
        switch rule {
        case .sgd(let momentum, let nesterov, let decay):
            floe_sgd_step(
                parameters, parameters.count,
                floe_sgd(
                    rate: rate, momentum: Float(momentum), decay: Float(decay),
                    nesterov: nesterov ? 1 : 0, first_step: step == 1 ? 1 : 0)) != 0
        case .adam(let beta1, let beta2, let epsilon, let decay):
            floe_adam_step(
                parameters, parameters.count,
                floe_adam(
                    rate: rate, beta1: Float(beta1), complement1: Float(1 - beta1),
                    beta2: Float(beta2), complement2: Float(1 - beta2), epsilon: Float(epsilon),
                    correction1: Float(1 - pow(beta1, Double(step))),
                    correction2: Float(1 - pow(beta2, Double(step))), decay: Float(decay))) != 0
        }
    }
}

/// Collects where every parameter, its gradient and its moments lie.
private struct StepVisitor: StateVisitor {
    let gradients: [LeafID: Tensor]
    var moments: [[Tensor]]
    var encoder: [floe_parameter] = []
    var others: [floe_parameter] = []
    /// Keeps the gradients' buffers until the sweep is done.
    var held: [Tensor] = []
    private var position = 0
    private var path: [String] = []

    init(gradients: [LeafID: Tensor], moments: [[Tensor]]) {
        self.gradients = gradients
        self.moments = moments
    }

    mutating func enter(_ name: String) { path.append(name) }
    mutating func leave() { path.removeLast() }
    mutating func buffer(_ name: String, _ buffer: inout Buffer) {}

    mutating func parameter(_ name: String, _ parameter: inout Parameter) {
        guard parameter.isTrainable else { return }
        defer { position += 1 }
        for slot in moments.indices where moments[slot].count == position {
            moments[slot].append(Tensor(zeros: parameter.tensor.shape))
        }
        guard let gradient = gradients[parameter.id]?.converted(to: .plain) else { return }
        precondition(gradient.shape == parameter.tensor.shape, "gradient of another shape")
        for slot in moments.indices {
            precondition(
                moments[slot][position].shape == parameter.tensor.shape,
                "what the optimiser remembers belongs to another set of trainable parameters")
        }
        held.append(gradient)
        var entry = floe_parameter()
        entry.weight = parameter.tensor.writePointer()
        entry.gradient = UnsafePointer(gradient.readPointer)
        entry.first = moments[0][position].writePointer()
        if moments.count > 1 { entry.second = moments[1][position].writePointer() }
        entry.count = gradient.count
        if path.first == "encoder" { encoder.append(entry) } else { others.append(entry) }
    }
}
