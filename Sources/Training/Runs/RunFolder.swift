import DurableFiles
import Foundation
import ModelZoo

/// The folder of a run: the resolved recipe, the environment, and one folder for each member.
public struct RunFolder: Sendable {
    public let path: String
    public let recipe: Recipe
    public let environment: RunEnvironment

    private static let environmentLimit = 4 << 20

    /// Starts a run or takes one up again.
    ///
    /// - Parameters:
    ///   - recipe: what to train; a folder that holds another recipe is refused.
    ///   - makeEnvironment: called where the run starts here and now.
    public static func open(
        _ path: String, recipe: Recipe, makeEnvironment: () throws -> RunEnvironment
    ) throws -> RunFolder {
        try DurableFile.createFolder(path)
        let lock = try FileLock.acquire(path + "/.start.lock", patience: 600)
        defer { lock.release() }
        let recipePath = path + "/recipe.yaml"
        let environmentPath = path + "/environment.json"
        try DurableFile.removeStaleTemporaries(
            in: path, of: ["recipe.yaml", "environment.json", "log.jsonl", "metrics.csv"])
        if FileManager.default.fileExists(atPath: recipePath) {
            let stored = try RecipeLoader.loadResolved(recipePath)
            guard stored == recipe else {
                let key = Self.firstDifference(try stored.tree(), try recipe.tree()) ?? "?"
                throw FloeError(
                    .usage, file: path,
                    "this run folder holds another recipe, which differs in "
                        + "'\(key)'", advice: "choose another --out, or remove the folder")
            }
        } else {
            let held = try DurableFile.listFolder(path).filter { !$0.hasPrefix(".") }
            guard held.isEmpty else {
                throw FloeError(
                    .usage, file: path, "not a run folder and not empty", got: held[0],
                    advice: "choose another --out")
            }
            // First what can fail for the recipe's sake: a folder that holds a recipe is bound to it.
            let environment = try makeEnvironment()
            try DurableFile.write(Data(recipe.yaml().utf8), to: recipePath)
            try BoundedJSON.write(environment, to: environmentPath)
        }
        if !FileManager.default.fileExists(atPath: environmentPath) {
            try BoundedJSON.write(makeEnvironment(), to: environmentPath)
        }
        return try existing(path)
    }

    /// Opens a run that was started before.
    public static func existing(_ path: String) throws -> RunFolder {
        let recipePath = path + "/recipe.yaml"
        guard FileManager.default.fileExists(atPath: recipePath) else {
            throw FloeError(
                .notFound, file: path, "not a run folder", expected: "a recipe.yaml in it")
        }
        let environment = try BoundedJSON.read(
            RunEnvironment.self, at: path + "/environment.json", limit: environmentLimit)
        guard environment.format == RunEnvironment.currentFormat else {
            throw FloeError(
                .badData, file: path + "/environment.json", "unknown format",
                expected: RunEnvironment.currentFormat, got: environment.format)
        }
        guard (1...1024).contains(environment.threads) else {
            throw FloeError(
                .badData, file: path + "/environment.json", "key 'threads'", expected: "1 to 1024",
                got: "\(environment.threads)")
        }
        return RunFolder(
            path: path, recipe: try RecipeLoader.loadResolved(recipePath),
            environment: environment)
    }

    public func memberName(_ member: Int) -> String { Self.name(member) }
    public func memberFolder(_ member: Int) -> String { path + "/" + Self.name(member) }
    public func checkpointFolder(_ member: Int) -> String {
        path + "/checkpoints/" + Self.name(member)
    }
    /// Where TensorBoard finds what the member's training tells.
    public func eventFolder(_ member: Int) -> String {
        path + "/tensorboard/" + Self.name(member)
    }
    public var journalPath: String { path + "/log.jsonl" }
    public var metricsPath: String { path + "/metrics.csv" }

    /// True where the member's manifest is there, which is what commits a member.
    public func isFinished(_ member: Int) -> Bool {
        FileManager.default.fileExists(
            atPath: memberFolder(member) + "/" + MemberStore.manifestName)
    }

    /// Throws where a finished member is not what its manifest says.
    public func checkFinished(_ member: Int) throws {
        let folder = memberFolder(member)
        do {
            let path = folder + "/" + MemberStore.manifestName
            try MemberStore.checkDigest(of: MemberStore.openManifest(path), at: path)
        } catch var error as FloeError {
            if error.kind == .notFound { error.kind = .badData }
            error.advice = "restore it, or remove \(folder) to train this member again"
            throw error
        }
    }

    /// Only one process trains a member: a second one is told who does.
    public func lock(member: Int) throws -> FileLock {
        try DurableFile.createFolder(path + "/checkpoints")
        return try FileLock.acquire(
            path + "/checkpoints/." + Self.name(member) + ".lock", patience: 1)
    }

    private static func name(_ member: Int) -> String {
        let digits = String(member)
        return "member-" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits
    }

    /// The path of the first key in which two trees differ.
    private static func firstDifference(_ a: JSONValue, _ b: JSONValue) -> String? {
        guard a != b else { return nil }
        guard case .object(let left) = a, case .object(let right) = b else { return "" }
        for key in Set(left.keys).union(right.keys).sorted() {
            guard let rest = firstDifference(left[key] ?? .null, right[key] ?? .null) else {
                continue
            }
            return rest.isEmpty ? key : key + "." + rest
        }
        return nil
    }
}
