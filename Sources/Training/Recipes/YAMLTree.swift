import DurableFiles
import Foundation
import Yams

/// YAML text as the tree that recipes are decoded from, within bounds, and back.
///
/// Plain scalars follow YAML 1.2's core schema: `null`, `true`, `false`, numbers, else text; quoted
/// scalars are text.
public enum YAMLTree {
    /// Bytes of a file, levels, and values.
    static let byteLimit = 1 << 20
    private static let depthLimit = 64
    private static let nodeLimit = 100_000
    /// Aliases of aliases multiply before the parser hands anything over: it compares whole keys.
    private static let aliasLimit = 16
    private static let aliasByteLimit = 1 << 16

    public static func parse(_ text: String, file: String) throws -> JSONValue {
        let aliases = aliasCount(text)
        guard aliases <= aliasLimit, aliases == 0 || text.utf8.count <= aliasByteLimit else {
            throw FloeError(
                .usage, file: file, "too many aliases, or a large file with aliases",
                expected: "at most \(aliasLimit) in \(aliasByteLimit) bytes",
                got: "\(aliases) in \(text.utf8.count)", advice: "write the values out")
        }
        do {
            guard let node = try Yams.compose(yaml: text) else { return .object([:]) }
            var budget = nodeLimit
            return try tree(node, depth: 0, budget: &budget, file: file)
        } catch let error as YamlError {
            // The parser repeats the line that it stumbled over, which may be very long.
            let words = "\(error)".split(whereSeparator: \.isNewline).prefix(2)
                .joined(separator: " ")
            let line = words.count > 160 ? words.prefix(160) + "…" : words
            throw FloeError(.usage, file: file, "not readable as YAML: \(line)")
        }
    }

    /// The most aliases that a text can hold: every `*` at the beginning of a word.
    private static func aliasCount(_ text: String) -> Int {
        var count = 0
        var before = UInt8(ascii: " ")
        for byte in text.utf8 {
            if byte == UInt8(ascii: "*"),
                before <= 0x20 || before >= 0x80 || "[{,:".utf8.contains(before)
            {
                count += 1
            }
            before = byte
        }
        return count
    }

    /// The value that a plain scalar stands for.
    static func scalar(_ text: String) -> JSONValue {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: break
        }
        let digits = text.drop { $0 == "-" || $0 == "+" }
        guard let first = digits.first, first.isASCII, first.isNumber || first == "." else {
            return .string(text)
        }
        if let integer = Int(text) { return .number(String(integer)) }
        // Seeds use all 64 bits.
        if let integer = UInt64(text) { return .number(String(integer)) }
        if let integer = based(text) { return .number(String(integer)) }
        if let number = Double(text), number.isFinite, !text.contains("x"), !text.contains("p") {
            return .number("\(number)")
        }
        return .string(text)
    }

    /// `0x1F` and `0o17`.
    private static func based(_ text: String) -> UInt64? {
        if text.hasPrefix("0x") { return UInt64(text.dropFirst(2), radix: 16) }
        if text.hasPrefix("0o") { return UInt64(text.dropFirst(2), radix: 8) }
        return nil
    }

    private static func tree(
        _ node: Node, depth: Int, budget: inout Int, file: String
    ) throws -> JSONValue {
        budget -= 1
        guard depth <= depthLimit, budget >= 0 else {
            throw FloeError(
                .usage, file: file, "too large or too deep",
                expected: "at most \(nodeLimit) values and \(depthLimit) levels")
        }
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            let isText = [Tag(.str), Tag(.nonSpecific)].contains(scalar.tag)
            return isPlain && !isText
                ? Self.scalar(scalar.string) : .string(scalar.string)
        case .sequence(let sequence):
            var items: [JSONValue] = []
            for item in sequence {
                items.append(try tree(item, depth: depth + 1, budget: &budget, file: file))
            }
            return .array(items)
        case .mapping(let mapping):
            var object: [String: JSONValue] = [:]
            for (key, value) in mapping {
                guard let name = key.scalar?.string else {
                    throw FloeError(.usage, file: file, "a key that is not a text")
                }
                let known = object.updateValue(
                    try tree(value, depth: depth + 1, budget: &budget, file: file), forKey: name)
                guard known == nil else {
                    throw FloeError(.usage, file: file, "key '\(name)' occurs twice")
                }
            }
            return .object(object)
        case .alias:
            throw FloeError(.usage, file: file, "an alias without an anchor")
        }
    }

    /// YAML with sorted keys: the same tree gives the same bytes.
    public static func text(_ tree: JSONValue) throws -> String {
        do {
            return try Yams.serialize(node: node(tree), sortKeys: true)
        } catch {
            throw FloeError(.internalFailure, "cannot write YAML: \(error)")
        }
    }

    private static func node(_ tree: JSONValue) -> Node {
        switch tree {
        case .null: Node("null", Tag(.null))
        case .bool(let value): Node(value ? "true" : "false", Tag(.bool))
        case .number(let text):
            Node(text, Tag(text.contains(where: { ".eE".contains($0) }) ? .float : .int))
        case .string(let text):
            if case .string = scalar(text) {
                textNode(text)
            } else {
                Node(text, Tag(.str), .doubleQuoted)
            }
        case .array(let items): Node(items.map(node))
        case .object(let object):
            Node(object.sorted { $0.key < $1.key }.map { (textNode($0.key), node($0.value)) })
        }
    }

    /// A byte order mark would be taken for the file's own.
    private static func textNode(_ text: String) -> Node {
        Node(text, Tag(.str), text.unicodeScalars.contains("\u{FEFF}") ? .doubleQuoted : .any)
    }
}
