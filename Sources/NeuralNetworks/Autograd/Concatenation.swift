import TensorCore

extension ForwardContext {
    /// Maps side by side along the channel axis, in the order given.
    public func concatenate(_ parts: [Variable]) -> Variable {
        let backend = backend
        let output = backend.concatenate(parts.map(\.tensor))
        return record(output, from: parts) { gradient in
            var start = 0
            return parts.map { part in
                let range = start..<start + part.shape[1]
                start = range.upperBound
                return part.node == nil ? nil : backend.channels(range, of: gradient)
            }
        }
    }
}
