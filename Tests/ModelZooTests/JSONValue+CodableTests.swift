import DurableFiles
import Foundation
import Testing

@testable import ModelZoo

@Suite struct JSONValueCodableTests {
    @Test func anyTreeComesBack() throws {
        let text = #"""
            {"a": [1, -2, 0.1, 1e-7, 18446744073709551615, 9007199254740993, true, false, null],
             "b": {"": "text \"ö\" \n", "c": [[], {}]}}
            """#
        let tree = try BoundedJSON.decode(
            JSONValue.self, from: Data(text.utf8), file: "x.json", limit: 1000)
        let once = try BoundedJSON.encode(tree)
        let back = try BoundedJSON.decode(JSONValue.self, from: once, file: "x", limit: 1000)
        #expect(back == tree)
        #expect(try BoundedJSON.encode(back) == once)
        let written = String(decoding: once, as: UTF8.self)
        for number in ["18446744073709551615", "9007199254740993", "0.1", "1e-07", "-2"] {
            #expect(written.contains(number), "\(number) in \(written)")
        }
    }

    @Test func aNumberThatIsNoneCannotBeWritten() {
        for text in ["", "x", "nan", "inf"] {
            #expect(
                ZooFixtures.error { _ = try BoundedJSON.encode(["a": JSONValue.number(text)]) }?
                    .kind == .numeric)
        }
    }
}
