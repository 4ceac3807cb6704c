import TensorCore

extension ForwardContext {
    /// The map brought to `height` by `width` under a named rule.
    public func resize(_ x: Variable, height: Int, width: Int, rule: ResizeRule) -> Variable {
        if x.shape[2] == height, x.shape[3] == width { return x }
        let backend = backend
        let shape = x.shape
        let output = backend.resize(x.tensor, height: height, width: width, rule: rule)
        return record(output, from: [x]) { gradient in
            [backend.resizeGradient(gradient, inputShape: shape, rule: rule)]
        }
    }
}
