import Foundation
import Testing

@testable import DurableFiles

@Suite struct JSONParserTests {
    private func parse(_ data: Data) throws -> JSONValue {
        try BoundedJSON.parse(data, file: "m.json", limit: 1 << 24)
    }

    @Test func everyKindOfValue() throws {
        let text = #"""
             {"a": [1, -2.5e-3, 0, true, false, null, "x\n\u00e9\ud83d\ude00\/é"], "": {} , "b":[ ]}
            """#
        #expect(
            try parse(bytes(text))
                == .object([
                    "a": .array([
                        .number("1"), .number("-2.5e-3"), .number("0"), .bool(true), .bool(false),
                        .null, .string("x\né😀/é"),
                    ]),
                    "": .object([:]), "b": .array([]),
                ]))
        #expect(try parse(bytes(" 7 ")) == .number("7"))
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "01", "-",
        "1.", ".5", "1e", "+1", "NaN", "Infinity", "tru", "truex", "nul", "\"", "\"\\x\"",
        "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"a\nb\"", "1 2",
        "{} {}",
        "[1}", "{]", "'a'", "// c\n1", "\u{FEFF}{}", "[1 2]", "\"\\", "-a", "{\"a\":1 \"b\":2}",
    ])
    func whatIsNotJSON(text: String) throws {
        let error = try floeError { _ = try parse(bytes(text)) }
        #expect(error?.kind == .badData)
        #expect(error?.description.hasPrefix("m.json: line ") == true)
        #expect(error?.description.contains("\n") == false)
    }

    @Test func bytesThatAreNotUTF8() throws {
        #expect(throws: FloeError.self) { try parse(Data([0x22, 0xFF, 0x22])) }
        #expect(throws: FloeError.self) { try parse(Data([0x22, 0xC0, 0x80, 0x22])) }
        #expect(throws: FloeError.self) { try parse(Data([0xFF, 0xFE, 0x7B, 0])) }
    }

    @Test func aKeyOccursOnce() throws {
        let error = try floeError { _ = try parse(bytes("{\"a\": 1,\n \"\\u0061\": 2}")) }
        #expect(error?.description == "m.json: line 2, column 13: key 'a' occurs twice")
    }

    /// R14: depth costs neither stack nor time.
    @Test(arguments: ["[", "{\"a\":", "[[{\"b\":["]) func depth(opening: String) throws {
        let text = String(repeating: opening, count: 100_000)
        let start = ContinuousClock.now
        let error = try floeError { _ = try parse(bytes(text)) }
        #expect(error?.kind == .badData)
        #expect(error?.description.contains("nested too deeply") == true)
        #expect(ContinuousClock.now - start < .seconds(1))
        let deepest = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        _ = try parse(bytes(deepest))
        #expect(throws: FloeError.self) { try parse(bytes("[\(deepest)]")) }
    }

    @Test func size() throws {
        let error = try floeError {
            _ = try BoundedJSON.parse(bytes("[1, 2]"), file: "m.json", limit: 5)
        }
        #expect(
            error?.description == "m.json: too large, expected at most 5 bytes, got 6 bytes")
    }

    /// R11 in small: whatever is done to a file, it is read or refused.
    @Test func mutatedFiles() throws {
        let whole = bytes(#"{"classes": [{"name": "ice", "color": [255, 0, 1e2]}], "x": "\u00e9"}"#)
        let replacements: [UInt8] = [0, 0x22, 0x5C, 0x7B, 0x7D, 0x5B, 0x5D, 0x2C, 0x3A, 0xFF, 0x39]
        for index in whole.indices {
            for replacement in replacements {
                var mutated = whole
                mutated[index] = replacement
                _ = try floeError { _ = try parse(mutated) }
            }
            #expect(throws: FloeError.self) { try parse(whole.prefix(index)) }
        }
    }
}
