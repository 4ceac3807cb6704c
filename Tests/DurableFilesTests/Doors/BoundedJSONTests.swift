import Foundation
import Testing

@testable import DurableFiles

@Suite struct BoundedJSONTests {
    struct Class: Codable, Equatable {
        var name: String
        var color: [UInt8]?
    }

    struct Manifest: Codable, Equatable {
        var format: String
        var classes: [Class] = []
        var rate: Float
        var scores: [String: Double]?
        var created: Date?
        var bits: Data?
    }

    private func decode<T: Decodable>(_ type: T.Type, _ text: String) throws -> T {
        try BoundedJSON.decode(type, from: bytes(text), file: "m.json", limit: 9999)
    }

    private func line<T: Decodable>(_ type: T.Type, _ text: String) throws -> String? {
        try floeError { _ = try decode(type, text) }?.description
    }

    @Test func whatIsEncodedIsDecoded() throws {
        let manifest = Manifest(
            format: "floe.member/1", classes: [Class(name: "ice/é", color: [0, 255])], rate: 0.1,
            scores: ["iou": 1 / 3.0, "dice": .leastNonzeroMagnitude, "zero": -0.0],
            created: Date(timeIntervalSince1970: 1_700_000_000), bits: Data([1, 2, 3]))
        let text = try BoundedJSON.encode(manifest)
        #expect(
            try BoundedJSON.decode(Manifest.self, from: text, file: "m.json", limit: 9999)
                == manifest)
        #expect(
            text
                == bytes(
                    """
                    {
                      "bits" : "AQID",
                      "classes" : [
                        {
                          "color" : [
                            0,
                            255
                          ],
                          "name" : "ice/é"
                        }
                      ],
                      "created" : "2023-11-14T22:13:20Z",
                      "format" : "floe.member/1",
                      "rate" : 0.1,
                      "scores" : {
                        "dice" : 5e-324,
                        "iou" : 0.3333333333333333,
                        "zero" : -0
                      }
                    }

                    """))
        for _ in 0..<20 { #expect(try BoundedJSON.encode(manifest) == text) }
    }

    @Test func unknownKeysAreRefusedWithTheNearestKnownOne() throws {
        #expect(
            try line(Manifest.self, #"{"format": "f", "classes": [], "rate": 1, "score": {}}"#)
                == "m.json: unknown key 'score'; did you mean 'scores'?")
        #expect(
            try line(
                Manifest.self,
                #"{"format": "f", "classes": [{"name": "a"}, {"name": "b", "colour": null}], "#
                    + #""rate": 1}"#)
                == "m.json: unknown key 'classes[1].colour'; did you mean 'color'?")
        #expect(
            try line(Class.self, #"{"name": "a", "zzz": 1}"#)
                == "m.json: unknown key 'zzz'; remove it or check its spelling")
        // Keys of a dictionary are the user's own.
        _ = try decode(
            Manifest.self,
            #"{"format": "f", "classes": [], "rate": 1, "scores": {"any thing": 1}}"#)
    }

    @Test func aMistypedRequiredKeyIsNamed() throws {
        #expect(
            try line(Manifest.self, #"{"formt": "f", "classes": [], "rate": 1}"#)
                == "m.json: key 'format' is missing, got 'formt'")
        #expect(
            try line(Manifest.self, #"{"format": "f", "rate": 1, "classes": [{}]}"#)
                == "m.json: key 'classes[0].name' is missing")
    }

    @Test(arguments: [
        (#"{"format": 1}"#, "key 'format', expected a text, got 1"),
        (
            #"{"format": "f", "classes": [{"name": "a", "color": [1, 256]}]}"#,
            "key 'classes[0].color[1]', expected a whole number of 0 to 255, got 256"
        ),
        (#"{"format": "f", "classes": {}}"#, "key 'classes', expected a list, got an object"),
        (
            #"{"format": "f", "classes": [], "rate": 1e99}"#,
            "key 'rate', expected a number, got 1e99"
        ),
        (
            #"{"format": "f", "classes": [], "rate": null}"#,
            "key 'rate', expected a number, got null"
        ),
        ("[]", "not what it should be, expected an object, got a list"),
    ])
    func wrongKindsAreNamed(text: String, message: String) throws {
        #expect(try line(Manifest.self, text) == "m.json: \(message)")
    }

    @Test func numbersAreExact() throws {
        #expect(
            try decode([Int].self, "[9223372036854775807, -3, 2e3, 4.0]") == [.max, -3, 2000, 4])
        #expect(throws: FloeError.self) { try decode([Int].self, "[9223372036854775808]") }
        #expect(throws: FloeError.self) { try decode([Int].self, "[1.5]") }
        #expect(throws: FloeError.self) { try decode([UInt8].self, "[-1]") }
        #expect(throws: FloeError.self) { try decode([Double].self, "[1e400]") }
        #expect(throws: FloeError.self) { try decode([Bool].self, "[1]") }
        let values: [Double] = [
            0.1, 1 / 3.0, .leastNormalMagnitude / 3, 1.7976931348623157e308, 123_456_789.123,
        ]
        let text = try BoundedJSON.encode(values)
        #expect(
            try BoundedJSON.decode([Double].self, from: text, file: "m", limit: 999) == values)
        // The digits lie between two Floats, nearer to the upper one only past Double's precision.
        #expect(try decode([Float].self, "[1.000000059604644775390625000001]") == [1.0000001])
    }

    /// A hand-written initialiser that reads the kind first and its options from the same object.
    enum Optimizer: Decodable, Equatable {
        case adam(beta: Double)
        case momentum(Double)

        enum Keys: String, CodingKey { case name, beta, momentum }

        struct Adam: Decodable { var beta: Double? }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Keys.self)
            if try container.decode(String.self, forKey: .name) == "adam" {
                self = .adam(beta: try Adam(from: decoder).beta ?? 0.9)
            } else {
                self = .momentum(try container.decode(Double.self, forKey: .momentum))
            }
        }
    }

    @Test func onlyTheKeysOfTheKindAreKnown() throws {
        #expect(try decode(Optimizer.self, #"{"name": "adam"}"#) == .adam(beta: 0.9))
        #expect(try decode(Optimizer.self, #"{"name": "sgd", "momentum": 1}"#) == .momentum(1))
        #expect(
            try line(Optimizer.self, #"{"name": "adam", "momentum": 1}"#)
                == "m.json: unknown key 'momentum'; remove it or check its spelling")
        #expect(
            try line([Optimizer].self, #"[{"name": "adam", "bta": 1}]"#)
                == "m.json: unknown key '[0].bta'; did you mean 'beta'?")
    }

    enum Method: Codable, Equatable {
        case soft(temperature: Double)
        case hard
    }

    @Test func typesThatAreTriedInTurn() throws {
        for method in [Method.soft(temperature: 2), .hard] {
            let text = try BoundedJSON.encode(method)
            #expect(
                try BoundedJSON.decode(Method.self, from: text, file: "m", limit: 999) == method)
        }
        #expect(throws: FloeError.self) {
            try decode(Method.self, #"{"soft": {"temperature": 2, "x": 1}}"#)
        }
        struct Either: Decodable {
            enum Keys: String, CodingKey { case value }
            let name: String
            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: Keys.self)
                if let text = try? container.decode(String.self, forKey: .value) {
                    name = text
                } else {
                    name = try container.decode(Class.self, forKey: .value).name
                }
            }
        }
        #expect(try decode(Either.self, #"{"value": "a"}"#).name == "a")
        #expect(try decode(Either.self, #"{"value": {"name": "b"}}"#).name == "b")
        #expect(
            try line(Either.self, #"{"value": {"name": "b", "colr": 1}}"#)
                == "m.json: unknown key 'value.colr'; did you mean 'color'?")
    }

    @Test func namesOfAnEnumerationAreListed() throws {
        enum Space: String, Codable, CaseIterable { case probability, logit }
        enum Unlisted: String, Codable { case one }
        #expect(try decode([String: Space].self, #"{"space": "logit"}"#) == ["space": .logit])
        #expect(
            try line([String: Space].self, #"{"space": "logits"}"#)
                == "m.json: key 'space': no such name, expected probability or logit, got "
                + "'logits'; did you mean 'logit'?")
        #expect(
            try line([Unlisted].self, #"["two"]"#) == "m.json: key '[0]': no such name, got 'two'")
        #expect(try line([Space].self, "[1]") == "m.json: key '[0]', expected a text, got 1")
    }

    @Test func aTreeFromElsewhereIsHeldToTheSameRules() throws {
        let tree = JSONValue.object(["name": .string("ice"), "colr": .null])
        let error = try floeError {
            _ = try BoundedJSON.decode(Class.self, from: tree, file: "recipe.yaml", kind: .usage)
        }
        #expect(error?.kind == .usage)
        #expect(error?.description == "recipe.yaml: unknown key 'colr'; did you mean 'color'?")
    }

    @Test func aTypesOwnErrorNamesTheFile() throws {
        struct Positive: Decodable {
            init(from decoder: any Decoder) throws {
                throw FloeError(.badData, "not positive")
            }
        }
        #expect(try line([Positive].self, "[1]") == "m.json: not positive")
    }

    @Test func aNumberThatIsNotFiniteIsNotWritten() throws {
        let folder = try TemporaryFolder()
        let error = try floeError {
            try BoundedJSON.write(
                Manifest(format: "f", rate: .nan), to: folder["m.json"])
        }
        #expect(error?.kind == .numeric)
        #expect(error?.file == folder["m.json"])
        #expect(error?.what == "key 'rate' cannot be written as JSON")
        #expect(try folder.names() == [])
    }

    @Test func filesGoBothWays() throws {
        let folder = try TemporaryFolder()
        let digest = try BoundedJSON.write([1, 2], to: folder["m.json"])
        #expect(try BoundedJSON.read([Int].self, at: folder["m.json"], limit: 99) == [1, 2])
        #expect(try SHA256Digest.ofFile(at: folder["m.json"]) == digest)
        #expect(throws: FloeError.self) {
            try BoundedJSON.read([Int].self, at: folder["m.json"], limit: 5)
        }
    }

    @Test func aLongKeyStaysInALine() throws {
        let key = String(repeating: "k", count: 5000)
        let message = try #require(try line(Class.self, "{\"name\": \"a\", \"\(key)\": 1}"))
        #expect(message.utf8.count < 300)
    }
}
