import DurableFiles
import Foundation
import Testing
import TrainingTestSupport

@testable import Training

@Suite struct YAMLTreeTests {
    private func value(_ text: String) throws -> JSONValue? {
        guard case .object(let object) = try YAMLTree.parse("key: \(text)", file: "a.yaml") else {
            return nil
        }
        return object["key"]
    }

    @Test(arguments: [
        ("", JSONValue.null), ("~", .null), ("null", .null), ("true", .bool(true)),
        ("False", .bool(false)), ("12", .number("12")), ("-3", .number("-3")),
        ("+3", .number("3")), ("0001", .number("1")), ("1e-3", .number("0.001")),
        (".5", .number("0.5")), ("1.", .number("1.0")), ("0x1F", .number("31")),
        ("0o17", .number("15")), ("18446744073709551615", .number("18446744073709551615")),
        // YAML 1.1 would make other things of these.
        ("yes", .string("yes")), ("off", .string("off")), ("1_000", .string("1_000")),
        ("12:30", .string("12:30")), ("2022-07-21", .string("2022-07-21")),
        (".inf", .string(".inf")), (".nan", .string(".nan")), ("nan", .string("nan")),
        ("1e999", .string("1e999")), ("0x", .string("0x")), ("--1", .string("--1")),
        ("\"0001\"", .string("0001")), ("'true'", .string("true")), ("\"\"", .string("")),
        ("!!str 12", .string("12")), ("! true", .string("true")),
        ("unet:16:3", .string("unet:16:3")),
    ])
    func plainScalarsFollowTheCoreSchema(_ text: String, _ expected: JSONValue) throws {
        #expect(try value(text) == expected)
    }

    /// The resolved recipe must mean what was read. (Reading drops a byte order mark that begins a text, so
    /// that none is ever written.)
    @Test(arguments: [
        "", " ", "a ", "true", "12", "1e3", "~", "null", "0x1F", "a: b", "- a", "# a", "'", "\"",
        "a\nb", "a\tb", "a\u{FEFF}b", "\u{85}", "\u{2028}", "\u{7F}", "ü",
        "\u{1F9CA}", "${HOME}", "%", "@", "`", "*", "&a", "!a", "|", ">", "{", "[", ",", "a, b",
    ])
    func everyTextComesBack(_ text: String) throws {
        let tree = JSONValue.object([
            "text": .string(text), "list": .array([.string(text), .number("1")]),
        ])
        let written = try YAMLTree.text(tree)
        #expect(try YAMLTree.parse(written, file: "a.yaml") == tree, "\(written)")
    }

    @Test func documentsMayBeEmpty() throws {
        #expect(try YAMLTree.parse("", file: "a.yaml") == .object([:]))
        #expect(try YAMLTree.parse("# only a comment\n", file: "a.yaml") == .object([:]))
    }

    @Test(arguments: [
        "a: [1, 2", "a: 1\n\tb: 2", "a: b: c", "{", "\"", "- 1\na: 2", "a: *nothing", "\u{0}",
        "a: 1\n---\nb: 2", "%YAML 9.9\n---\na: 1", "a: 1\na: 2", "a: {b: 1, b: 2}", "? [1]\n: 2",
        "&a a: &a [*a]\nb: *a\n[: 1", "!!binary [", "a: !<x> {",
    ])
    func whatCannotBeReadIsOneLine(_ text: String) {
        let error = TrainingFixtures.error(.usage) {
            _ = try YAMLTree.parse(text, file: "a.yaml")
        }
        #expect(error?.file == "a.yaml")
    }

    @Test func doubledKeysAreNamed() throws {
        let error = TrainingFixtures.error(.usage) {
            _ = try YAMLTree.parse("rate: 1\nepochs: 2\nrate: 3\n", file: "a.yaml")
        }
        #expect(error?.description.contains("rate") == true, "\(String(describing: error))")
    }

    /// Ten levels of ten aliases each: 10^10 values of 500 bytes.
    private func bomb(last: String) -> String {
        var text = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
        for (name, inner) in zip("bcdefghij", "abcdefghi") {
            let many = Array(repeating: "*\(inner)", count: 10).joined(separator: ",")
            text += "\(name): &\(name) [\(many)]\n"
        }
        return text + last
    }

    @Test(.timeLimit(.minutes(1)))
    func aliasBombsAreRefusedAtOnce() {
        let clock = ContinuousClock()
        let time = clock.measure {
            let error = TrainingFixtures.error(.usage) {
                _ = try YAMLTree.parse(bomb(last: ""), file: "a.yaml")
            }
            #expect(error?.description.contains("too many aliases") == true)
        }
        #expect(time < .seconds(1))
    }

    /// As a key the bomb would be hashed, value by value.
    @Test(.timeLimit(.minutes(1)), arguments: ["*j : 1\n", "? *j\n: 1\n", "? {k: *j}\n: 1\n"])
    func aliasBombsAsKeysAreRefusedAtOnce(_ last: String) {
        let clock = ContinuousClock()
        let time = clock.measure {
            TrainingFixtures.error(.usage) {
                _ = try YAMLTree.parse(bomb(last: last), file: "a.yaml")
            }
        }
        #expect(time < .seconds(1))
    }

    @Test(arguments: ["[", "{a: ", "- ", "? "])
    func depthBombsAreRefused(_ opening: String) {
        for depth in [100, 900, 100_000] {
            TrainingFixtures.error(.usage) {
                _ = try YAMLTree.parse(
                    String(repeating: opening, count: depth), file: "a.yaml")
            }
        }
        let deep = String(repeating: "[", count: 900) + String(repeating: "]", count: 900)
        let error = TrainingFixtures.error(.usage) {
            _ = try YAMLTree.parse(deep, file: "a.yaml")
        }
        #expect(error?.description.contains("too deep") == true)
    }

    /// As much as sixteen aliases can multiply.
    @Test(.timeLimit(.minutes(1)), arguments: ["[*f]: 1\n", "z: *f\n"])
    func theLargestAllowedBombEndsSoon(_ last: String) {
        let wide = Array(repeating: "x", count: 15_000).joined(separator: ",")
        var text = "a: &a [\(wide)]\n"
        for (name, inner) in zip("bcdef", "abcde") {
            text += "\(name): &\(name) [*\(inner), *\(inner), *\(inner)]\n"
        }
        let clock = ContinuousClock()
        let time = clock.measure {
            let error = TrainingFixtures.error(.usage) {
                _ = try YAMLTree.parse(text + last, file: "a.yaml")
            }
            #expect(error?.description.contains("aliases") == false)
        }
        #expect(time < .seconds(5))
    }

    @Test func aFewAliasesAreFine() throws {
        let tree = try YAMLTree.parse(
            "sizes: &s [16, 16]\nother: *s\nthird: {size: *s}\n", file: "a.yaml")
        let sizes = JSONValue.array([.number("16"), .number("16")])
        #expect(
            tree == .object(["sizes": sizes, "other": sizes, "third": .object(["size": sizes])]))
    }

    @Test func textsComeBackAsTheyWere() throws {
        let texts = [
            "", " ", "0001", "1e5", "0x10", "0o7", "18446744073709551616", "-1", "+1", ".5", "1.",
            "true", "True", "null", "~", "yes", "no", "on", "y", "n", ".inf", "-.inf", ".nan", "=",
            "<<", "#ff0000", "a #b", "a: b", "a:", ":a", "- a", "-", "--- a", "...", "? a", "?",
            "*_image.png", "&a", "!a", "%a", "@a", "`a", "|", ">", "[a", "]a", "{a", "}a", ",a",
            "'a'", "\"a\"", "a'b\"c", "\\", "C:\\data", " leading", "trailing ", "a\nb", "a\n",
            "\ta", "a\tb", "ö", "日本", "🧊", "\u{85}", "\u{2028}", "\u{7F}", "\u{1}",
            "2022-07-21", "12:30:45", "^([^_]+)_", "255,255,255", "unet:16:3",
            String(repeating: "long words ", count: 40),
        ]
        let tree = JSONValue.object([
            "list": .array(texts.map { .string($0) }),
            "keys": .object(
                Dictionary(uniqueKeysWithValues: texts.map { ($0, JSONValue.string($0)) })),
        ])
        for text in texts {
            let one = JSONValue.object(["key": .string(text), text: .number("1")])
            let written = try YAMLTree.text(one)
            #expect(try YAMLTree.parse(written, file: "a.yaml") == one, "\(text.debugDescription)")
        }
        let written = try YAMLTree.text(tree)
        #expect(try YAMLTree.parse(written, file: "a.yaml") == tree)
        #expect(try YAMLTree.text(YAMLTree.parse(written, file: "a.yaml")) == written)
    }

    @Test func numbersAndEmptyValuesComeBack() throws {
        let tree = JSONValue.object([
            "seed": .number("18446744073709551615"), "rate": .number("1e-08"),
            "negative": .number("-12"), "half": .number("0.5"), "none": .null,
            "yes": .bool(true), "empty": .object([:]), "nothing": .array([]),
            "nested": .array([.array([.number("1")]), .object(["a": .bool(false)])]),
        ])
        let text = try YAMLTree.text(tree)
        #expect(try YAMLTree.parse(text, file: "a.yaml") == tree)
    }
}
