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
    /// What is remembered, by name (`first`, `second`, `velocity`), one tensor per trainable
    /// parameter in state order; empty before the first step.
    public private(set) var moments: [String: [Tensor]]

    public init(_ rule: OptimizerRule) {
        self.rule = rule
        steps = 0
        moments = [:]
    }

    /// As it was when stored.
    public init(_ rule: OptimizerRule, steps: Int, moments: [String: [Tensor]]) {
        self.rule = rule
        self.steps = steps
        self.moments = moments
    }

    /// Names of what the rule remembers, in stored order.
    public var momentNames: [String] {
        switch rule {
        case .sgd: ["velocity"]
        case .adam: ["first", "second"]
        }
    }

    /// Moves every trainable parameter of `model` that has a gradient.
    public mutating func step(
        _ model: inout some Module, gradients: [LeafID: Tensor], rate: Double
    ) {
        steps += 1
        var visitor = StepVisitor(
            rule: rule, step: steps, rate: Float(rate), gradients: gradients,
            moments: momentNames.map { moments[$0] ?? [] })
        moments = [:]
        model.visitState(&visitor)
        for (name, tensors) in zip(momentNames, visitor.moments) { moments[name] = tensors }
    }
}

private struct StepVisitor: StateVisitor {
    let rule: OptimizerRule
    let step: Int
    let rate: Float
    let gradients: [LeafID: Tensor]
    var moments: [[Tensor]]
    var position = 0

    mutating func enter(_ name: String) {}
    mutating func leave() {}
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
        let count = gradient.count
        let weight = parameter.tensor.writePointer()
        withExtendedLifetime(gradient) {
            switch rule {
            case .sgd(let momentum, let nesterov, let decay):
                floe_sgd(
                    weight, gradient.readPointer, moments[0][position].writePointer(), count,
                    rate, Float(momentum), Float(decay), nesterov ? 1 : 0, step == 1 ? 1 : 0)
            case .adam(let beta1, let beta2, let epsilon, let decay):
                floe_adam(
                    weight, gradient.readPointer, moments[0][position].writePointer(),
                    moments[1][position].writePointer(), count, rate, Float(beta1),
                    Float(1 - beta1), Float(beta2), Float(1 - beta2), Float(epsilon),
                    Float(1 - pow(beta1, Double(step))),
                    Float(1 - pow(beta2, Double(step))), Float(decay))
            }
        }
    }
}
