import TensorCore

/// A tensor in a computation, tied to the tape where a gradient is wanted.
public struct Variable {
    public let tensor: Tensor
    let node: Int?

    /// A constant: no gradient flows to it.
    public init(_ tensor: Tensor) { self.init(tensor, node: nil) }

    init(_ tensor: Tensor, node: Int?) {
        self.tensor = tensor
        self.node = node
    }

    public var shape: Shape { tensor.shape }
}

/// The record of one forward pass, run backwards once for the gradients.
public final class Tape {
    private struct Node {
        var inputs: [Int?]
        /// From the gradient of the output to the gradients of the inputs that have a node.
        var backward: ((Tensor) -> [Tensor?])?
        var leaf: LeafID?
    }

    private var nodes: [Node] = []
    private var leaves: [LeafID: Int] = [:]

    public init() {}

    /// A value whose gradient is wanted; the same leaf used twice is one node.
    public func leaf(_ id: LeafID, _ tensor: Tensor) -> Variable {
        if let node = leaves[id] { return Variable(tensor, node: node) }
        nodes.append(Node(inputs: [], backward: nil, leaf: id))
        leaves[id] = nodes.count - 1
        return Variable(tensor, node: nodes.count - 1)
    }

    /// A result; constants in give a constant out, so nothing is kept for them.
    func record(
        _ tensor: Tensor, from inputs: [Variable], backward: @escaping (Tensor) -> [Tensor?]
    ) -> Variable {
        guard inputs.contains(where: { $0.node != nil }) else { return Variable(tensor) }
        nodes.append(Node(inputs: inputs.map(\.node), backward: backward, leaf: nil))
        return Variable(tensor, node: nodes.count - 1)
    }

    /// Gradients of every leaf, given the gradient of `output`. The tape is used up: each record is
    /// released as soon as it has been used, so that activations do not outlive their need.
    public func gradients(
        of output: Variable, seed: Tensor, backend: any ComputeBackend
    ) -> [LeafID: Tensor] {
        gradients(of: [(output, seed)], backend: backend)
    }

    /// The same of several outputs of one pass; what they give to a leaf is added.
    public func gradients(
        of outputs: [(output: Variable, seed: Tensor)], backend: any ComputeBackend
    ) -> [LeafID: Tensor] {
        guard let last = outputs.compactMap(\.output.node).max() else { return [:] }
        var pending = [Tensor?](repeating: nil, count: nodes.count)
        for (output, seed) in outputs {
            guard let node = output.node else { continue }
            pending[node] = pending[node].map { backend.add($0, seed, relu: false) } ?? seed
        }
        var result: [LeafID: Tensor] = [:]
        nodes.removeLast(nodes.count - 1 - last)
        while let node = nodes.popLast() {
            guard let gradient = pending[nodes.count] else { continue }
            pending[nodes.count] = nil
            if let leaf = node.leaf { result[leaf] = gradient }
            guard let backward = node.backward else { continue }
            for (input, contribution) in zip(node.inputs, backward(gradient)) {
                guard let input, let contribution else { continue }
                pending[input] =
                    pending[input].map { backend.add($0, contribution, relu: false) }
                    ?? contribution
            }
        }
        leaves.removeAll()
        return result
    }
}
