import Foundation
import Testing

/// What a user can do wrong: one line on standard error, nothing on standard output, the code.
@Suite struct ExitCodeTests {
    struct Mistake: CustomTestStringConvertible, Sendable {
        var arguments: [String]
        var code: Int32
        /// What the line says.
        var says: String

        init(_ line: String, _ code: Int32, says: String) {
            arguments = line.split(separator: " ").map(String.init)
            self.code = code
            self.says = says
        }

        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let mistakes = [
        Mistake("nonsense", 2, says: "'nonsense'"),
        Mistake("data nonsense", 2, says: "'nonsense'"),
        Mistake("train", 2, says: "see 'floe train --help'"),
        Mistake("bench train", 2, says: "--model"),
        Mistake("bench train --model unet --steps many", 2, says: "'many'"),
        Mistake("bench train --model resnet35", 2, says: "unet-resnet18"),
        Mistake("bench train --model unet:0", 2, says: "base width"),
        Mistake("bench train --model unet --input 4x100x384", 2, says: "112"),
        Mistake("bench train --model unet --input 384", 2, says: "4x384x384"),
        Mistake("bench train --model unet --input 4x384x384x1", 2, says: "4x384x384"),
        Mistake("bench train --model unet --input 4x-16x16", 2, says: "4x384x384"),
        Mistake("bench train --model unet --input 9999x16x16", 2, says: "bands"),
        Mistake("bench train --model unet --input 4x999999999x16", 2, says: "input height"),
        Mistake("bench train --model unet --batch 0", 2, says: "batch"),
        Mistake("bench train --model unet --steps 0", 2, says: "steps"),
        Mistake("bench train --model unet --threads 0", 2, says: "threads"),
        Mistake("bench train --model unet --batch 1 --input 1x16x16", 2, says: "batch norm"),
        Mistake("bench train --model unet:1024:8 --input 4x512x512", 2, says: "expected"),
        Mistake("bench predict --model unet --backend cuda", 2, says: "openblas"),
        Mistake("data synth", 2, says: "--out"),
        Mistake("data synth --out /nonexistent/a --count 0", 2, says: "1 to 1000000"),
        Mistake("data synth --out /dev/null", 2, says: "not a folder"),
        Mistake("data inspect /nonexistent", 4, says: "/nonexistent"),
        Mistake("train /nonexistent --out /nonexistent/run", 4, says: "/nonexistent"),
        Mistake("predict /nonexistent image.png --out /nonexistent/a", 4, says: "/nonexistent"),
        Mistake("predict ensemble.json --out a", 2, says: "--data"),
        Mistake("predict ensemble.json image.png --data d --out a", 2, says: "--data"),
        Mistake("predict ensemble.json --data d --split tset --out a", 2, says: "test"),
        Mistake(
            "predict e.json --data d --out a --exit-risk 0.01 --allow-missing-members 1", 2,
            says: "leave out --allow-missing-members"),
        Mistake("ensemble fit e.json --data d --out a", 2, says: "--weights (with --per-class)"),
        Mistake(
            "ensemble fit e.json --data d --out a --early-exit --order", 2,
            says: "--early-exit is fitted alone"),
        Mistake("ensemble verify /nonexistent", 4, says: "/nonexistent"),
        Mistake("ensemble build --out /nonexistent/e.json /nonexistent", 4, says: "/nonexistent"),
        Mistake("ensemble build --out e.json run --method median", 2, says: "vote"),
        Mistake("compare /nonexistent --data d --out r", 4, says: "/nonexistent"),
        Mistake("zoo list /nonexistent", 4, says: "/nonexistent"),
        Mistake("zoo verify /nonexistent", 4, says: "/nonexistent"),
        Mistake("doctor --jsn", 2, says: "'--jsn'"),
    ]

    @Test(arguments: mistakes)
    func mistakeIsOneLine(mistake: Mistake) throws {
        let outcome = try FloeProgram.run(mistake.arguments)
        #expect(outcome.code == mistake.code)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errorLines.count == 1, "\(outcome.error)")
        #expect(outcome.error.hasPrefix("error: "))
        #expect(outcome.error.hasSuffix("\n"))
        #expect(outcome.error.contains(mistake.says), "\(outcome.error)")
    }

    @Test func recipeMistakesNameTheKey() throws {
        try withTemporaryFolder { folder in
            let recipe = folder + "/r.yaml"
            let text = """
                data: {images: {files: "*.png"}, classes: [ice]}
                """
            try Data(text.utf8).write(to: URL(fileURLWithPath: recipe))
            for (override, says) in [
                ("optimizer.rat=1", "did you mean 'rate'"),
                ("training.epochs=0", "training.epochs"),
                ("model=unet:abc", "unet:abc"), ("training.epochs", "training.epochs"),
            ] {
                let outcome = try FloeProgram.run("train", recipe, override, "--out", folder + "/o")
                #expect(outcome.code == 2, "\(override): \(outcome.error)")
                #expect(outcome.errorLines.count == 1)
                #expect(outcome.error.contains(says), "\(override): \(outcome.error)")
            }
            let after = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(after == ["r.yaml"])
        }
    }

    @Test func foreignFilesAreBadData() throws {
        try withTemporaryFolder { folder in
            let file = folder + "/not-json"
            try Data([0, 255, 1]).write(to: URL(fileURLWithPath: file))
            for arguments in [
                ["ensemble", "verify", file], ["predict", file, file, "--out", folder + "/o"],
                ["compare", file, "--data", folder, "--out", folder + "/o"],
                ["ensemble", "build", "--out", folder + "/e.json", file],
            ] {
                let outcome = try FloeProgram.run(arguments)
                #expect(outcome.code == 3, "\(arguments): \(outcome.error)")
                #expect(outcome.errorLines.count == 1)
            }
        }
    }
}
