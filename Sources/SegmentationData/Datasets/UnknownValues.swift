/// Values of a mask that nobody gave a meaning, with the pixels that hold them.
struct UnknownValues<Value: Hashable & Comparable> {
    /// A photo in place of a mask has millions of colours; more than these are not told apart.
    private static var most: Int { 4096 }

    private var counts: [Value: Int] = [:]
    private var pixels = 0

    var isEmpty: Bool { pixels == 0 }

    mutating func add(_ value: Value) {
        pixels += 1
        if counts[value] != nil || counts.count < Self.most { counts[value, default: 0] += 1 }
    }

    /// How many pixels and values there are.
    func sentence(_ what: String) -> String {
        let values = counts.count < Self.most ? "\(counts.count)" : "at least \(counts.count)"
        return "\(pixels) pixels of \(values) \(what)"
    }

    /// The most frequent values with their pixels.
    func list(_ name: (Value) -> String) -> String {
        let shown = 4
        let inOrder = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return inOrder.prefix(shown).map { "\(name($0.key)) (\($0.value) pixels)" }
            .joined(separator: ", ") + (inOrder.count > shown ? ", …" : "")
    }
}
