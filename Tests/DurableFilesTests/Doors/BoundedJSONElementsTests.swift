import Foundation
import Testing

@testable import DurableFiles

@Suite struct BoundedJSONElementsTests {
    private func elements(_ text: String, largest: Int = 1000) throws -> [String] {
        var shown: [String] = []
        try BoundedJSON.forEachElement(
            ofLists: ["a", "b"], in: Data(text.utf8), file: "f.json", largest: largest
        ) { list, number, value in
            shown.append("\(list)\(number) \(value.kindInWords)")
        }
        return shown
    }

    @Test func listsAreShownAndTheRestIsPassedOver() throws {
        #expect(
            try elements(#" {"a": [1, "]", {"x": [2, 3]}], "c": {"a": [1]}, "b": [], "d": 4} "#)
                == ["a0 a number", "a1 a text", "a2 an object"])
        #expect(try elements("{}").isEmpty)
    }

    @Test(arguments: [
        "", "[", "{", "[]", #"{"a": 1}"#, #"{"a": [1,]}"#, #"{"a": [1 2]}"#, #"{"a": [1]"#,
        #"{"a": [1]} x"#, #"{"a": [1], "a": [2]}"#, #"{"c": [1, }"#, #"{"a": [NaN]}"#,
        #"{"a": [1],}"#, #"{a: [1]}"#, #"{"a" [1]}"#, #"{"a": ["\"#, #"{"a": [[}"#,
    ])
    func whatIsNotJSONIsRefused(text: String) {
        #expect(throws: FloeError.self) { _ = try elements(text) }
    }

    @Test func largeElementsAreRefusedBeforeTheyAreParsed() throws {
        let long = "[" + String(repeating: "1,", count: 100) + "1]"
        #expect(try elements(#"{"a": [\#(long), \#(long)]}"#).count == 2)
        for text in [#"{"a": [3, \#(long)]}"#, #"{"c": \#(long)}"#] {
            #expect(throws: FloeError.self) { _ = try elements(text, largest: 100) }
        }
        let deep = String(repeating: "[", count: 500)
        #expect(throws: FloeError.self) { _ = try elements(#"{"a": \#(deep)"#) }
    }
}
