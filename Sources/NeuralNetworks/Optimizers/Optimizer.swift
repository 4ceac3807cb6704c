import CKernels
import Foundation
import TensorCore

/// An optimiser: a rule and what it remembers about every parameter.
public struct Optimizer: Sendable {
    public let rule: OptimizerRule
    /// Whether weight decay is also for biases and the parameters of normalisations: all that have
    /// a single axis.
    public let decaysNorms: Bool
    public let clipping: GradientClipping
    /// Steps taken so far.
    public private(set) var steps: Int
    /// Steps that a group, by its prefix, had no part in, such as those of an encoder that was
    /// frozen at first; a group that is not named had a part in all of them.
    public private(set) var skippedSteps: [String: Int]
    /// What is remembered, by name (`first`, `second`, `velocity`, `momentum`), one tensor per
    /// trainable parameter in state order; empty before the first step.
    public private(set) var moments: [String: [Tensor]]

    public init(
        _ rule: OptimizerRule, decaysNorms: Bool = true,
        clipping: GradientClipping = GradientClipping()
    ) {
        self.rule = rule
        self.decaysNorms = decaysNorms
        self.clipping = clipping
        steps = 0
        skippedSteps = [:]
        moments = [:]
    }

    /// As it was when stored.
    public func resumed(
        steps: Int, skippedSteps: [String: Int], moments: [String: [Tensor]]
    ) -> Optimizer {
        var result = self
        result.steps = steps
        result.skippedSteps = skippedSteps
        result.moments = moments
        return result
    }

    /// Moves every trainable parameter of `model` that has a gradient, those of a group and the
    /// others in one sweep each.
    ///
    /// - Parameters:
    ///   - rate: of what is in no group.
    ///   - groups: a parameter belongs to the first that names a path above it. Each counts its own
    ///     steps, which correct the moments of what joined later.
    /// - Returns: whether every weight that moved is finite.
    @discardableResult
    public mutating func step(
        _ model: inout some Module, gradients: [LeafID: Tensor], rate: Double,
        groups: [ParameterGroup] = []
    ) -> Bool {
        steps += 1
        let names = rule.momentNames
        var visitor = StepVisitor(
            gradients: gradients, moments: names.map { moments[$0] ?? [] },
            prefixes: groups.map(\.prefix), decaysNorms: decaysNorms)
        moments = [:]
        model.visitState(&visitor)
        // The sweep's pointers point into the model, the moments and the gradients held here.
        let isFinite = withExtendedLifetime((visitor.moments, visitor.held)) {
            let clip = clipping.clip(of: visitor.sweeps.flatMap { $0 })
            var isFinite = move(visitor.sweeps[groups.count], rate, step: steps, clip)
            for (index, group) in groups.enumerated() where visitor.isPresent[index] {
                let parameters = visitor.sweeps[index]
                guard !parameters.isEmpty else {
                    skippedSteps[group.prefix, default: 0] += 1
                    continue
                }
                let own = steps - (skippedSteps[group.prefix] ?? 0)
                isFinite = move(parameters, group.rate, step: own, clip) && isFinite
            }
            return isFinite
        }
        for (name, tensors) in zip(names, visitor.moments) { moments[name] = tensors }
        return isFinite
    }

    /// - Parameter step: how often these parameters have been moved, this time included.
    private func move(
        _ parameters: [floe_parameter], _ rate: Double, step: Int, _ clip: floe_clip
    ) -> Bool {
        switch rule {
        case .sgd(let momentum, let nesterov, let decay):
            return floe_sgd_step(
                parameters, parameters.count,
                floe_sgd(
                    rate: Float(rate), momentum: Float(momentum), decay: Float(decay),
                    nesterov: nesterov ? 1 : 0, first_step: step == 1 ? 1 : 0), clip) != 0
        case .lion(let beta1, let beta2, let decay):
            return floe_lion_step(
                parameters, parameters.count,
                floe_lion(
                    rate: Float(rate), beta1: Float(beta1), complement1: Float(1 - beta1),
                    beta2: Float(beta2), complement2: Float(1 - beta2),
                    shrink: Float(rate * decay)), clip) != 0
        case .adam(let beta1, let beta2, let epsilon, let decay),
            .adamW(let beta1, let beta2, let epsilon, let decay),
            .rAdam(let beta1, let beta2, let epsilon, let decay):
            var sweep = floe_adam()
            sweep.beta1 = Float(beta1)
            sweep.complement1 = Float(1 - beta1)
            sweep.beta2 = Float(beta2)
            sweep.complement2 = Float(1 - beta2)
            sweep.decay = Float(decay)
            if case .adamW = rule {
                sweep.decay = Float(rate * decay)
                sweep.is_decoupled = 1
            }
            let correction1 = 1 - pow(beta1, Double(step))
            let correction2 = 1 - pow(beta2, Double(step))
            sweep.step = Float(rate) / Float(correction1)
            sweep.scale = 1 / Float(correction2).squareRoot()
            sweep.epsilon = Float(epsilon)
            if case .rAdam = rule {
                if let factor = OptimizerRule.rectification(beta2: beta2, step: step) {
                    sweep.step = Float(rate * factor / correction1)
                    // PyTorch's RAdam adds epsilon before the correction.
                    sweep.epsilon = Float(epsilon / correction2.squareRoot())
                } else {
                    sweep.scale = 0
                    sweep.epsilon = 1
                }
            }
            return floe_adam_step(parameters, parameters.count, sweep, clip) != 0
        }
    }
}

/// Collects where every parameter, its gradient and its moments lie.
private struct StepVisitor: StateVisitor {
    let gradients: [LeafID: Tensor]
    let prefixes: [[String]]
    let decaysNorms: Bool
    var moments: [[Tensor]]
    /// One list for each group, and the others after them.
    var sweeps: [[floe_parameter]]
    /// Whether a group has any parameter, moved or not; the others come last here too.
    var isPresent: [Bool]
    /// Keeps the gradients' buffers until the sweeps are done.
    var held: [Tensor] = []
    private var position = 0
    private var path: [String] = []

    init(
        gradients: [LeafID: Tensor], moments: [[Tensor]], prefixes: [String], decaysNorms: Bool
    ) {
        self.gradients = gradients
        self.moments = moments
        self.prefixes = prefixes.map { $0.split(separator: "/").map(String.init) }
        self.decaysNorms = decaysNorms
        sweeps = Array(repeating: [], count: prefixes.count + 1)
        isPresent = Array(repeating: false, count: prefixes.count + 1)
    }

    mutating func enter(_ name: String) { path.append(name) }
    mutating func leave() { path.removeLast() }
    mutating func buffer(_ name: String, _ buffer: inout Buffer) {}

    mutating func parameter(_ name: String, _ parameter: inout Parameter) {
        let whole = path + [name]
        let group = prefixes.firstIndex { whole.starts(with: $0) } ?? prefixes.count
        isPresent[group] = true
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
        entry.decays = decaysNorms || parameter.tensor.shape.rank > 1 ? 1 : 0
        sweeps[group].append(entry)
    }
}
