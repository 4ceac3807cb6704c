import Foundation
import Testing

@testable import DurableFiles

@Suite struct SHA256DigestTests {
    /// The vectors of FIPS 180-4.
    static let vectors: [(Data, String)] = [
        (Data(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (bytes("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            Data(repeating: 0x61, count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ]

    @Test(arguments: vectors) func knownVectors(input: Data, hex: String) throws {
        #expect(SHA256Digest.of(input).hex == hex)
        let folder = try TemporaryFolder()
        try input.write(to: URL(fileURLWithPath: folder["file"]))
        #expect(try SHA256Digest.ofFile(at: folder["file"]).description == hex)
        #expect(SHA256Digest(hex: hex) == SHA256Digest.of(input))
    }

    @Test func onlyItsOwnSpellingIsRead() {
        let hex = SHA256Digest.of(bytes("abc")).hex
        for wrong in [
            "", String(hex.dropLast()), hex + "0", hex.uppercased(), " " + hex.dropFirst(),
            String(repeating: "é", count: 32),
        ] {
            #expect(SHA256Digest(hex: wrong) == nil)
        }
    }

    @Test func inJSONItIsOneText() throws {
        let digest = SHA256Digest.of(bytes("abc"))
        let text = try BoundedJSON.encode([digest])
        #expect(text == bytes("[\n  \"\(digest)\"\n]\n"))
        #expect(
            try BoundedJSON.decode([SHA256Digest].self, from: text, file: "m", limit: 999)
                == [digest])
        let error = try floeError {
            _ = try BoundedJSON.decode(
                [SHA256Digest].self, from: bytes(#"["abc"]"#), file: "m.json", limit: 999)
        }
        #expect(
            error?.description
                == "m.json: key '[0]': not a SHA-256 digest, expected 64 lower-case hexadecimal "
                + "digits, got 'abc'")
    }
}
