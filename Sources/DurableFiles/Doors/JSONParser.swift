/// Reads strict JSON (RFC 8259) of bounded depth; keys that occur twice are refused.
///
/// The depth is checked before each step down, so that hostile nesting costs neither stack nor
/// memory.
struct JSONParser {
    static let deepest = 64

    private let bytes: UnsafeBufferPointer<UInt8>
    private let file: String
    private var index = 0

    private init(_ bytes: UnsafeBufferPointer<UInt8>, file: String) {
        self.bytes = bytes
        self.file = file
    }

    static func parse(_ bytes: UnsafeRawBufferPointer, file: String) throws -> JSONValue {
        var parser = JSONParser(bytes.bindMemory(to: UInt8.self), file: file)
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.index == bytes.count else {
            throw parser.failure("more text after the end of the JSON value")
        }
        return value
    }

    /// Shows the elements of some lists of the outermost object one by one, in the file's order, so
    /// that the file's whole tree is never in memory.
    ///
    /// - Returns: the keys of the object.
    static func elements(
        _ bytes: UnsafeRawBufferPointer, file: String, lists: Set<String>, largest: Int,
        others: (String, JSONValue) throws -> Void,
        _ body: (String, Int, JSONValue) throws -> Void
    ) throws -> Set<String> {
        var parser = JSONParser(bytes.bindMemory(to: UInt8.self), file: file)
        guard parser.take(UInt8(ascii: "{")) else { throw parser.failure("not a JSON object") }
        var seen = Set<String>()
        var isFirst = true
        while !parser.take(UInt8(ascii: "}")) {
            if !isFirst, !parser.take(UInt8(ascii: ",")) {
                throw parser.failure("a comma or } is missing")
            }
            isFirst = false
            parser.skipSpace()
            guard parser.peek == UInt8(ascii: "\"") else {
                throw parser.failure("a key in quotes is missing")
            }
            let key = try parser.string()
            guard seen.insert(key).inserted else {
                throw parser.failure("key '\(key.shortened)' occurs twice")
            }
            guard parser.take(UInt8(ascii: ":")) else { throw parser.failure("a colon is missing") }
            guard lists.contains(key) else {
                try parser.requireShort(largest)
                try others(key, try parser.value(depth: 1))
                continue
            }
            guard parser.take(UInt8(ascii: "[")) else {
                throw parser.failure("'\(key)' is not a list")
            }
            var number = 0
            while !parser.take(UInt8(ascii: "]")) {
                if number > 0, !parser.take(UInt8(ascii: ",")) {
                    throw parser.failure("a comma or ] is missing")
                }
                try parser.requireShort(largest)
                try body(key, number, try parser.value(depth: 2))
                number += 1
            }
        }
        parser.skipSpace()
        guard parser.index == bytes.count else {
            throw parser.failure("more text after the end of the JSON value")
        }
        return seen
    }

    /// Refuses a value whose text is longer than `largest`, before it is taken apart.
    private func requireShort(_ largest: Int) throws {
        var (depth, isText, place) = (0, false, index)
        while place < bytes.count {
            guard place - index <= largest else {
                throw failure("a value is too large", expected: "at most \(largest) bytes")
            }
            let byte = bytes[place]
            place += 1
            if isText {
                if byte == UInt8(ascii: "\\") { place += 1 }
                if byte == UInt8(ascii: "\"") { isText = false }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isText = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth <= 0 { return }
            case UInt8(ascii: ","): if depth == 0 { return }
            default: break
            }
        }
    }

    private mutating func value(depth: Int) throws -> JSONValue {
        skipSpace()
        guard let first = peek else { throw failure("the file ends too early") }
        switch first {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw failure("not JSON")
        }
    }

    private mutating func object(depth: Int) throws -> JSONValue {
        try enter(depth)
        var members: [String: JSONValue] = [:]
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw failure("a key in quotes is missing") }
            let key = try string()
            guard take(UInt8(ascii: ":")) else { throw failure("a colon is missing") }
            let member = try value(depth: depth)
            guard members.updateValue(member, forKey: key) == nil else {
                throw failure("key '\(key.shortened)' occurs twice")
            }
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw failure("a comma or } is missing") }
        }
    }

    private mutating func array(depth: Int) throws -> JSONValue {
        try enter(depth)
        var elements: [JSONValue] = []
        if take(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            elements.append(try value(depth: depth))
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { throw failure("a comma or ] is missing") }
        }
    }

    private mutating func enter(_ depth: Int) throws {
        guard depth <= Self.deepest else {
            throw failure("nested too deeply", expected: "at most \(Self.deepest) levels")
        }
        index += 1
    }

    private mutating func literal(_ text: StaticString, _ value: JSONValue) throws -> JSONValue {
        for offset in 0..<text.utf8CodeUnitCount {
            guard peek == text.utf8Start[offset] else { throw failure("not JSON") }
            index += 1
        }
        return value
    }

    private mutating func number() throws -> JSONValue {
        let start = index
        if peek == UInt8(ascii: "-") { index += 1 }
        if peek == UInt8(ascii: "0") {
            index += 1
        } else {
            try digits()
        }
        if peek == UInt8(ascii: ".") {
            index += 1
            try digits()
        }
        if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
            index += 1
            if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { index += 1 }
            try digits()
        }
        guard index - start <= 400 else { throw failure("a number is too long") }
        return .number(String(decoding: bytes[start..<index], as: UTF8.self))
    }

    private mutating func digits() throws {
        let start = index
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { index += 1 }
        guard index > start else { throw failure("a digit is missing") }
    }

    private mutating func string() throws -> String {
        index += 1
        var start = index
        var text: [UInt8] = []
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                text += bytes[start..<index]
                index += 1
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw failure("a text is not UTF-8")
                }
                return string
            case UInt8(ascii: "\\"):
                text += bytes[start..<index]
                index += 1
                text += String(try escape()).utf8
                start = index
            case 0..<0x20:
                throw failure("a text holds a control character")
            default:
                index += 1
            }
        }
        throw failure("a text has no end")
    }

    private mutating func escape() throws -> Character {
        guard let letter = peek else { throw failure("the file ends too early") }
        index += 1
        switch letter {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return Character(try unicodeEscape())
        default: throw failure("an unknown escape in a text")
        }
    }

    private mutating func unicodeEscape() throws -> Unicode.Scalar {
        let unit = try hexUnit()
        var code = unit
        if (0xD800..<0xDC00).contains(unit) {
            guard peek == UInt8(ascii: "\\") else { throw failure("half a surrogate pair") }
            index += 1
            guard peek == UInt8(ascii: "u") else { throw failure("half a surrogate pair") }
            index += 1
            let low = try hexUnit()
            guard (0xDC00..<0xE000).contains(low) else { throw failure("half a surrogate pair") }
            code = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw failure("half a surrogate pair") }
        return scalar
    }

    private mutating func hexUnit() throws -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("an escape is not four hexadecimal digits")
            }
            unit = unit << 4 | UInt32(digit)
            index += 1
        }
        return unit
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard peek == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            index += 1
        }
    }

    private func failure(_ what: String, expected: String? = nil) -> FloeError {
        var line = 1
        var column = 1
        for byte in bytes.prefix(index) {
            column += 1
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            }
        }
        return FloeError(
            .badData, file: file, "line \(line), column \(column): \(what)", expected: expected)
    }
}
