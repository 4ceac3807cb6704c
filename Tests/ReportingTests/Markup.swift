/// Markup read by the rules of XML: every element is closed, every attribute quoted, every `&` begins
/// a reference. Enough to find what a page holds, and what is broken in it.
struct Markup {
    struct Element {
        var name: String
        var attributes: [String: String]
        /// Names of the elements around it, the outermost first.
        var parents: [String]
        /// Its own text and that of the elements inside it.
        var text = ""
    }

    struct Broken: Error, CustomStringConvertible { var description: String }

    private(set) var elements: [Element] = []

    init(_ source: String) throws {
        var rest = Array(source.utf8)[...]
        if rest.starts(with: Array("<!DOCTYPE html>".utf8)) { rest = rest.dropFirst(15) }
        var open: [Int] = []
        while let byte = rest.first {
            if byte != UInt8(ascii: "<") {
                let text = try Self.text(&rest, until: UInt8(ascii: "<"))
                for index in open { elements[index].text += text }
                continue
            }
            rest.removeFirst()
            guard let end = Self.endOfTag(rest) else { throw Broken(description: "an open tag") }
            let tag = rest[rest.startIndex..<end]
            rest = rest[(end + 1)...]
            if tag.first == UInt8(ascii: "/") {
                let name = String(decoding: tag.dropFirst(), as: UTF8.self)
                guard let last = open.popLast(), elements[last].name == name else {
                    throw Broken(description: "</\(name)> closes nothing that is open")
                }
            } else {
                let isClosed = tag.last == UInt8(ascii: "/")
                var element = try Self.element(isClosed ? tag.dropLast() : tag)
                element.parents = open.map { elements[$0].name }
                elements.append(element)
                if !isClosed { open.append(elements.count - 1) }
            }
        }
        guard open.isEmpty else {
            throw Broken(description: "<\(elements[open[0]].name)> is never closed")
        }
    }

    func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

    func all(class style: String) -> [Element] {
        elements.filter {
            $0.attributes["class"]?.split(separator: " ").contains { $0 == style } == true
        }
    }

    /// A `>` may stand in a quoted value.
    private static func endOfTag(_ bytes: ArraySlice<UInt8>) -> Int? {
        var isQuoted = false
        return bytes.indices.first { index in
            if bytes[index] == UInt8(ascii: "\"") { isQuoted.toggle() }
            return !isQuoted && bytes[index] == UInt8(ascii: ">")
        }
    }

    private static func element(_ tag: ArraySlice<UInt8>) throws -> Element {
        let text = String(decoding: tag, as: UTF8.self)
        let parts = text.split(separator: " ", maxSplits: 1)
        guard let name = parts.first, name.allSatisfy({ $0.isLetter || $0.isNumber }) else {
            throw Broken(description: "no name of an element: \(text.prefix(40))")
        }
        var element = Element(name: String(name), attributes: [:], parents: [])
        var rest = Array((parts.count > 1 ? String(parts[1]) : "").utf8)[...]
        while !rest.isEmpty {
            guard let equals = rest.firstIndex(of: UInt8(ascii: "=")), equals + 1 < rest.endIndex,
                rest[equals + 1] == UInt8(ascii: "\"")
            else { throw Broken(description: "an attribute without quotes: \(text.prefix(60))") }
            let key = String(decoding: rest[rest.startIndex..<equals], as: UTF8.self)
            rest = rest[(equals + 2)...]
            let value = try Self.text(&rest, until: UInt8(ascii: "\""))
            guard !rest.isEmpty, element.attributes.updateValue(value, forKey: key) == nil else {
                throw Broken(description: "attribute \(key): \(text.prefix(60))")
            }
            rest = rest.dropFirst().drop { $0 == UInt8(ascii: " ") }
        }
        return element
    }

    private static func text(_ rest: inout ArraySlice<UInt8>, until end: UInt8) throws -> String {
        let part = rest.prefix { $0 != end }
        rest = rest[part.endIndex...]
        guard !part.contains(UInt8(ascii: "<")) else { throw Broken(description: "a bare <") }
        let text = String(decoding: part, as: UTF8.self)
        guard text.contains("&") else { return text }
        let references = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "#39": "'"]
        var result = ""
        for (index, piece) in text.split(separator: "&", omittingEmptySubsequences: false)
            .enumerated()
        {
            guard index > 0 else {
                result += piece
                continue
            }
            let halves = piece.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2, let meaning = references[String(halves[0])] else {
                throw Broken(description: "a bare &: \(piece.prefix(20))")
            }
            result += meaning + halves[1]
        }
        return result
    }
}
