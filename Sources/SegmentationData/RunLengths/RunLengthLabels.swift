import DurableFiles

/// The labels of a table of run lengths: behind an image's file name and a `_`, they begin its rows.
///
/// Both names and labels may hold a `_`: a row is parted before the label that it ends with.
public struct RunLengthLabels: Sendable {
    public let names: [String]
    private let places: [String: Int]
    /// How many `_` the label has that has most.
    private let depth: Int

    /// - Throws: `FloeError` of kind `.usage` for two labels of one name, and where a label ends with
    ///   `_` and another one, so that a row could be parted in two ways.
    public init(_ names: [String]) throws {
        self.names = names
        if let double = names.enumerated().first(where: { names[..<$0].contains($1) })?.element {
            throw FloeError(
                .usage, "the label '\(double.shortened)' of run lengths stands for two classes",
                expected: "a label of its own for each", advice: "rename one in data.masks.labels")
        }
        places = Dictionary(
            zip(names, names.indices), uniquingKeysWith: { first, _ in first })
        depth = names.map { name in name.utf8.count { $0 == UInt8(ascii: "_") } }.max() ?? 0
        for name in names {
            for mark in name.indices where name[mark] == "_" {
                let rest = String(name[name.index(after: mark)...])
                guard places[rest] == nil else {
                    throw FloeError(
                        .usage,
                        "the label '\(name.shortened)' of run lengths ends with another one, "
                            + "'\(rest.shortened)', behind a '_'",
                        expected: "labels that tell where an image's name ends",
                        advice: "rename one of them in the table and in data.masks.labels")
                }
            }
        }
    }

    /// What a row begins with.
    static func joined(_ image: String, _ label: String) -> String { "\(image)_\(label)" }

    /// The image's name and the label's place in `names`; nil where the text ends with none of them.
    func parted(_ text: String) -> (image: String, index: Int)? {
        var end = text.endIndex
        for _ in 0...depth {
            guard let mark = text[..<end].lastIndex(of: "_"), mark != text.startIndex else {
                return nil
            }
            if let index = places[String(text[text.index(after: mark)...])] {
                return (String(text[..<mark]), index)
            }
            end = mark
        }
        return nil
    }

    /// For every class the label under which its rows are written, nil for one that has no rows: reading
    /// them by `masks` gives the classes back.
    ///
    /// Without a mask of run lengths these are the classes' names, and a background has none. Of several
    /// labels of a class it is the class's own name, or else the first in bytewise order. What lies
    /// outside of all runs has no rows unless it has a label.
    ///
    /// - Parameters:
    ///   - masks: how the masks of training are declared.
    ///   - hasBackground: whether the first class is a background.
    /// - Throws: `FloeError` of kind `.usage` for a class that no label stands for.
    public static func ofClasses(
        _ classes: [String], isExclusive: Bool, hasBackground: Bool, masks: [MaskSource]
    ) throws -> [String?] {
        let tables = masks.filter { $0.runs != nil }
        guard !tables.isEmpty else {
            return classes.enumerated().map { $0.offset == 0 && hasBackground ? nil : $0.element }
        }
        let outside = isExclusive ? Set(tables.map { $0.outside ?? "background" }) : []
        return try classes.map { name in
            let labels = tables.flatMap { table in
                table.labelNames(classes: classes).filter { (table.labels?[$0] ?? $0) == name }
            }
            if outside.contains(name), tables.allSatisfy({ $0.labels == nil }) { return nil }
            if labels.contains(name) { return name }
            let first = labels.min { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            guard first != nil || outside.contains(name) else {
                throw FloeError(
                    .usage, "data.masks.labels has no label of the class '\(name)'",
                    expected: "one for every class of a submission",
                    got: tables.flatMap { $0.labelNames(classes: classes) }
                        .joined(separator: ", "))
            }
            return first
        }
    }
}
