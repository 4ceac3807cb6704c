import CKernels

/// Bounds on what a step takes of its gradients.
///
/// A gradient that is no number stays so, and a norm that is not finite scales nothing: the step
/// shows it in the weight that it belongs to.
public struct GradientClipping: Sendable, Hashable {
    /// Largest Euclidean norm of all gradients together; they are scaled down to it, as by PyTorch's
    /// `clip_grad_norm_`. Nil for no bound.
    public var norm: Double?
    /// Largest magnitude of a single value, after scaling; nil for no bound.
    public var value: Double?

    public init(norm: Double? = nil, value: Double? = nil) {
        self.norm = norm
        self.value = value
    }

    /// What the sweep does to every gradient.
    func clip(of parameters: [floe_parameter]) -> floe_clip {
        var result = floe_clip(scale: 1, limit: value.map { Float($0) } ?? .infinity)
        if let norm {
            let total = Self.norm(of: parameters)
            if total.isFinite { result.scale = Float(min(1, norm / (total + 1e-6))) }
        }
        return result
    }

    /// The Euclidean norm, added up in an order that does not depend on threads.
    static func norm(of parameters: [floe_parameter]) -> Double {
        var sums = [Double](
            repeating: 0, count: floe_gradient_runs(parameters, parameters.count))
        floe_gradient_squares(&sums, parameters, parameters.count)
        return sums.reduce(0, +).squareRoot()
    }
}
