/// A layer or a network: a value whose leaves are walked in a fixed order under literal names.
public protocol Module: Sendable {
    /// Shows every leaf and every child to `visitor`, in the order in which they are stored.
    mutating func visitState(_ visitor: inout some StateVisitor)
}

/// Walks the state of a network; what saves, loads, counts or optimises is a visitor.
public protocol StateVisitor {
    /// A name between two separators of the path begins.
    mutating func enter(_ name: String)
    mutating func leave()
    mutating func parameter(_ name: String, _ parameter: inout Parameter)
    mutating func buffer(_ name: String, _ buffer: inout Buffer)
}

extension StateVisitor {
    /// A part of the module under its own name.
    public mutating func child(_ name: String, _ module: inout some Module) {
        enter(name)
        module.visitState(&self)
        leave()
    }

    /// An optional part: nothing is visited where it is absent.
    public mutating func child<Child: Module>(_ name: String, _ module: inout Child?) {
        guard var present = module else { return }
        module = nil
        child(name, &present)
        module = present
    }

    /// Parts that are named by their position.
    public mutating func children<Child: Module>(_ modules: inout [Child]) {
        for index in modules.indices { child(String(index), &modules[index]) }
    }
}
