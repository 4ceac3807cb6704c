import Foundation
import Testing
import TrainingTestSupport

@testable import DurableFiles
@testable import Training

/// No key is read and then ignored: two values of each give different weights, answers or manifests,
/// or it is said why they must not.
@Suite struct RecipeKeyTests {
    @Test(arguments: RecipeKeys.all)
    func twoValuesDiffer(_ key: RecipeKey) throws {
        try TrainingFixtures.withFolder { folder in
            try RecipeKeyData.write(folder)
            let one = try RecipeOutputs.of(folder, key.one, name: "one", key.effect)
            let other = try RecipeOutputs.of(folder, key.other, name: "other", key.effect)
            let isDifferent = one != other
            #expect(isDifferent, "\(key.one) and \(key.other)")
        }
    }

    /// Whoever adds a key finds it missing here.
    @Test func everyKeyIsInOneOfTheTables() throws {
        let known = Set(RecipeKeys.all.map(\.key))
            .union(RecipeKeys.testedElsewhere.keys).union(RecipeKeys.withoutEffect.keys)
        var asked: Set<String> = []
        try TrainingFixtures.withFolder { folder in
            for key in RecipeKeys.all {
                for overrides in [key.one, key.other] {
                    let tree = try TrainingFixtures.recipe(folder, overrides).tree()
                    let decoder = StrictDecoder(
                        tree, path: [], context: .init(file: "recipe", kind: .usage))
                    _ = try decoder.decode(Recipe.self)
                    asked.formUnion(decoder.requestedPaths())
                }
            }
        }
        let sections = asked.filter { key in asked.contains { $0.hasPrefix(key + ".") } }
        let missing = asked.subtracting(known).subtracting(sections).filter { key in
            !RecipeKeys.freeTables.contains { key.hasPrefix($0 + ".") }
        }
        #expect(missing.sorted() == [])
    }

    /// The page that people look keys up in.
    @Test func everyKeyIsDocumented() throws {
        let page = try String(
            contentsOfFile: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../../../docs/recipes.md").path, encoding: .utf8)
        let cells = page.split(separator: "\n").filter { $0.hasPrefix("| ") }
            .compactMap { $0.split(separator: "|").first.map(String.init) }
        let names = Set(
            cells.flatMap { cell in
                cell.split(separator: "`").enumerated().filter { $0.offset % 2 == 1 }
                    .compactMap { $0.element.split(separator: ".").last.map(String.init) }
            })
        let keys = RecipeKeys.all.map(\.key) + RecipeKeys.testedElsewhere.keys
        for key in keys + RecipeKeys.withoutEffect.keys {
            // A small table may stand in the type of the key above: `{size, stride}`.
            let last = key.split(separator: ".").last.map(String.init) ?? key
            let isInATable =
                page.contains("{\(last)") || page.contains(", \(last)}")
                || page.contains("`\(key).")
            let isInText = page.contains("`\(last)`")
            #expect(names.contains(last) || isInATable || isInText, "\(key)")
        }
    }
}
