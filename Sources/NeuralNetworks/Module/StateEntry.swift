import TensorCore

/// One named leaf of a network.
public struct StateEntry: Sendable {
    /// The segments of its path, such as `["encoder", "layer1", "0", "conv1", "weight"]`.
    public var path: [String]
    public var tensor: Tensor
    /// False for buffers (running statistics).
    public var isParameter: Bool
    public var id: LeafID

    /// The path as in HDF5, joined by `/`.
    public var name: String { path.joined(separator: "/") }
}

extension Module {
    /// Every leaf in state order.
    public func stateEntries() -> [StateEntry] {
        var visitor = EntryCollector()
        var copy = self
        copy.visitState(&visitor)
        return visitor.entries
    }

    /// Number of learned values.
    public var parameterCount: Int {
        stateEntries().reduce(0) { $0 + ($1.isParameter ? $1.tensor.count : 0) }
    }

    /// Replaces every leaf by what `transform` returns for it; a nil keeps the leaf.
    public mutating func replaceState(_ transform: (StateEntry) -> Tensor?) {
        withoutActuallyEscaping(transform) { escapable in
            var visitor = StateReplacer(transform: escapable)
            visitState(&visitor)
        }
    }
}

private struct EntryCollector: StateVisitor {
    var path: [String] = []
    var entries: [StateEntry] = []

    mutating func enter(_ name: String) { path.append(name) }
    mutating func leave() { path.removeLast() }
    mutating func parameter(_ name: String, _ parameter: inout Parameter) {
        entries.append(
            StateEntry(
                path: path + [name], tensor: parameter.tensor, isParameter: true, id: parameter.id))
    }
    mutating func buffer(_ name: String, _ buffer: inout Buffer) {
        entries.append(
            StateEntry(
                path: path + [name], tensor: buffer.tensor, isParameter: false, id: buffer.id))
    }
}

private struct StateReplacer: StateVisitor {
    var path: [String] = []
    let transform: (StateEntry) -> Tensor?

    mutating func enter(_ name: String) { path.append(name) }
    mutating func leave() { path.removeLast() }
    mutating func parameter(_ name: String, _ parameter: inout Parameter) {
        let entry = StateEntry(
            path: path + [name], tensor: parameter.tensor, isParameter: true, id: parameter.id)
        if let tensor = transform(entry) { parameter.tensor = tensor }
    }
    mutating func buffer(_ name: String, _ buffer: inout Buffer) {
        let entry = StateEntry(
            path: path + [name], tensor: buffer.tensor, isParameter: false, id: buffer.id)
        if let tensor = transform(entry) { buffer.tensor = tensor }
    }
}
