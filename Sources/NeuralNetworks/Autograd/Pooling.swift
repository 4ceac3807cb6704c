import TensorCore

extension ForwardContext {
    public func maxPool(_ x: Variable, _ geometry: PoolingGeometry) -> Variable {
        let backend = backend
        let forward = backend.maxPool(x.tensor, geometry)
        return record(forward.output, from: [x]) { gradient in
            [backend.maxPoolGradient(gradient, input: x.tensor, forward: forward, geometry)]
        }
    }

    public func averagePool(_ x: Variable, _ geometry: PoolingGeometry) -> Variable {
        let backend = backend
        let shape = x.shape
        return record(backend.averagePool(x.tensor, geometry), from: [x]) { gradient in
            [backend.averagePoolGradient(gradient, inputShape: shape, geometry)]
        }
    }
}
