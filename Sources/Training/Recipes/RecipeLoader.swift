import DurableFiles
import Foundation
import SegmentationData

/// From a recipe file to a resolved recipe: base recipes, environment variables, overrides.
public enum RecipeLoader {
    private static let baseLimit = 8

    /// Reads and resolves a recipe.
    ///
    /// - Parameters:
    ///   - overrides: `key=value` pairs, such as `optimizer.rate=1e-3`.
    ///   - zoo: where `zoo:NAME` is looked up.
    ///   - environment: what `${NAME}` stands for.
    public static func load(
        _ path: String, overrides: [String] = [], zoo: String = "zoo",
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> Recipe {
        var tree = try read(path, environment: environment, depth: 0)
        for override in overrides { try apply(override, to: &tree, environment: environment) }
        return try decode(tree, path: path, zoo: zoo)
    }

    /// Reads a resolved recipe, as a run folder holds it: its texts stand for themselves.
    static func loadResolved(_ path: String) throws -> Recipe {
        try decode(YAMLTree.parse(text(of: path), file: path), path: path)
    }

    /// Decodes a resolved tree.
    static func decode(_ tree: JSONValue, path: String, zoo: String = "zoo") throws -> Recipe {
        guard case .object(var object) = tree else {
            throw FloeError(.usage, file: path, "not a recipe", expected: "keys and values")
        }
        if case .object(var data)? = object["data"] {
            // Paths in files were resolved where they were read; what is left is an override's, which
            // is relative to the working folder, as any path on the command line.
            if case .string(let text)? = data["root"] {
                data["root"] = .string(workingPath(text))
            } else if data["root"] == nil || data["root"] == .null {
                data["root"] = .string(folder(of: path))
            }
            object["data"] = .object(data)
        }
        editEncoderWeights(in: &object) { weights in
            weights.hasPrefix("zoo:")
                ? workingPath("\(zoo)/\(weights.dropFirst(4))") : workingPath(weights)
        }
        let recipe = try BoundedJSON.decode(
            Recipe.self, from: .object(object), file: path, kind: .usage)
        try recipe.validate(file: path)
        return recipe
    }

    /// A data set on its own: a recipe, a `dataset.yaml`, or a folder that holds one.
    public static func loadDataset(
        _ path: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> DatasetDescription {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw FloeError(.notFound, file: path, "no such file or folder")
        }
        var file = path
        if isFolder.boolValue {
            file = path + "/dataset.yaml"
            guard FileManager.default.fileExists(atPath: file) else {
                throw FloeError(
                    .notFound, file: path, "no dataset.yaml in this folder",
                    advice: "name a recipe, or describe the folder in a dataset.yaml")
            }
        }
        let tree = try read(file, environment: environment, depth: 0)
        if case .object(let object) = tree, object["data"] != nil {
            return try decode(tree, path: file).data
        }
        guard case .object(var object) = tree else {
            throw FloeError(.usage, file: file, "not a data set", expected: "keys and values")
        }
        object["root"] = .string(absolute(rootText(object), beside: file))
        return try BoundedJSON.decode(
            DatasetDescription.self, from: .object(object), file: file, kind: .usage)
    }

    // MARK: Reading

    private static func read(
        _ path: String, environment: [String: String], depth: Int
    ) throws -> JSONValue {
        guard depth < baseLimit else {
            throw FloeError(
                .usage, file: path, "too many base recipes", expected: "at most \(baseLimit)",
                advice: "does a recipe name itself as its base?")
        }
        var tree = try substitute(
            YAMLTree.parse(text(of: path), file: path), environment: environment, file: path)
        guard case .object(var object) = tree else { return tree }
        if case .object(var section)? = object["data"], section["root"] != nil {
            section["root"] = .string(absolute(rootText(section), beside: path))
            object["data"] = .object(section)
        }
        editEncoderWeights(in: &object) { $0.hasPrefix("zoo:") ? $0 : absolute($0, beside: path) }
        if let base = object.removeValue(forKey: "base") {
            guard case .string(let name) = base else {
                throw FloeError(.usage, file: path, "key 'base'", expected: "a path")
            }
            let parent = try read(
                absolute(name, beside: path), environment: environment, depth: depth + 1)
            tree = merged(parent, .object(object))
        } else {
            tree = .object(object)
        }
        // A data section without a root means the folder of the file that begins it.
        if case .object(var whole) = tree, case .object(var section)? = whole["data"],
            section["root"] == nil
        {
            section["root"] = .string(folder(of: path))
            whole["data"] = .object(section)
            tree = .object(whole)
        }
        return tree
    }

    private static func text(of path: String) throws -> String {
        let data: Data
        do {
            data = try DurableFile.read(path, limit: YAMLTree.byteLimit)
        } catch var error as FloeError where error.kind == .badData {
            error.kind = .usage
            throw error
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw FloeError(.usage, file: path, "not UTF-8 text")
        }
        return text
    }

    /// Changes the path of the encoder, written short (`encoder: zoo:NAME`) or long.
    private static func editEncoderWeights(
        in object: inout [String: JSONValue], _ edit: (String) -> String
    ) {
        switch object["encoder"] {
        case .string(let text)?: object["encoder"] = .string(edit(text))
        case .object(var section)?:
            guard case .string(let text)? = section["weights"] else { return }
            section["weights"] = .string(edit(text))
            object["encoder"] = .object(section)
        default: return
        }
    }

    /// A path of the command line.
    private static func workingPath(_ path: String) -> String {
        path.hasPrefix("/") ? path : URL(fileURLWithPath: path).standardizedFileURL.path
    }

    private static func rootText(_ object: [String: JSONValue]) -> String {
        if case .string(let text)? = object["root"] { return text }
        return "."
    }

    private static func folder(of path: String) -> String {
        URL(fileURLWithPath: path).deletingLastPathComponent().standardizedFileURL.path
    }

    private static func absolute(_ path: String, beside file: String) -> String {
        path.hasPrefix("/")
            ? path
            : URL(fileURLWithPath: folder(of: file)).appendingPathComponent(path)
                .standardizedFileURL.path
    }

    /// Objects are merged key by key, anything else is replaced.
    private static func merged(_ base: JSONValue, _ top: JSONValue) -> JSONValue {
        guard case .object(var result) = base, case .object(let changes) = top else { return top }
        for (key, value) in changes { result[key] = result[key].map { merged($0, value) } ?? value }
        return .object(result)
    }

    /// Replaces `${NAME}` in every text.
    private static func substitute(
        _ tree: JSONValue, environment: [String: String], file: String
    ) throws -> JSONValue {
        switch tree {
        case .string(let text):
            return .string(try substitute(text, environment: environment, file: file))
        case .array(let items):
            return .array(
                try items.map { try substitute($0, environment: environment, file: file) })
        case .object(let object):
            return .object(
                try object.mapValues { try substitute($0, environment: environment, file: file) })
        default: return tree
        }
    }

    private static func substitute(
        _ text: String, environment: [String: String], file: String
    ) throws -> String {
        var result = ""
        var rest = Substring(text)
        while let start = rest.range(of: "${") {
            result += rest[..<start.lowerBound]
            guard let end = rest.range(of: "}", range: start.upperBound..<rest.endIndex) else {
                throw FloeError(.usage, file: file, "'${' without '}' in '\(text)'")
            }
            let name = String(rest[start.upperBound..<end.lowerBound])
            guard let value = environment[name], !value.isEmpty else {
                throw FloeError(
                    .usage, file: file, "the environment variable \(name) is not set",
                    advice: "export \(name)=FOLDER")
            }
            result += value
            rest = rest[end.upperBound...]
        }
        return result + rest
    }

    // MARK: Overrides

    private static func apply(
        _ override: String, to whole: inout JSONValue, environment: [String: String]
    ) throws {
        guard let equals = override.firstIndex(of: "="), equals != override.startIndex else {
            throw FloeError(
                .usage, "cannot read the override '\(override)'", expected: "key=value",
                advice: "for example optimizer.rate=1e-3")
        }
        let keys = override[..<equals].split(separator: ".", omittingEmptySubsequences: false)
            .map(String.init)
        let text = String(override[override.index(after: equals)...])
        // A colour, not a comment.
        let tree =
            text.hasPrefix("#")
            ? JSONValue.string(text)
            : try YAMLTree.parse(text.isEmpty ? "null" : text, file: override)
        let value = try substitute(tree, environment: environment, file: override)
        try set(value, at: keys[...], in: &whole, override)
    }

    /// What a text stands for where a section is wanted: `model: unet:32` is `model: {name: unet:32}`.
    private static func longKey(of place: [String]) -> String? {
        switch place.filter({ Int($0) == nil }) {
        case ["model"], ["schedule"]: "name"
        case ["loss"]: "term"
        case ["loss-weights"]: "rule"
        case ["encoder"]: "weights"
        case ["data", "images"], ["data", "masks"]: "files"
        case ["data", "classes"]: "name"
        case let keys where keys.count == 2 && keys[0] == "augmentation": "probability"
        default: nil
        }
    }

    private static func set(
        _ value: JSONValue, at keys: ArraySlice<String>, in tree: inout JSONValue,
        _ override: String, place: [String] = []
    ) throws {
        guard let key = keys.first else {
            tree = value
            return
        }
        switch tree {
        case .array(var items):
            guard let index = Int(key), items.indices.contains(index) else {
                throw FloeError(
                    .usage, "the override '\(override)' names no item of a list",
                    expected: "0 to \(items.count - 1)", got: key)
            }
            try set(
                value, at: keys.dropFirst(), in: &items[index], override, place: place + [key])
            tree = .array(items)
        case .object(var object):
            var child = object[key] ?? .object([:])
            try set(value, at: keys.dropFirst(), in: &child, override, place: place + [key])
            object[key] = child
            tree = .object(object)
        default:
            var object: [String: JSONValue] = [:]
            switch tree {
            case .string, .number: if let long = longKey(of: place) { object[long] = tree }
            default: break
            }
            tree = .object(object)
            try set(value, at: keys, in: &tree, override, place: place)
        }
    }
}

extension Recipe {
    /// The resolved recipe as YAML: enough to repeat the run.
    public func yaml() throws -> String { try YAMLTree.text(tree()) }

    /// The resolved recipe as a tree.
    public func tree() throws -> JSONValue {
        try BoundedJSON.parse(BoundedJSON.encode(self), file: "recipe", limit: 64 << 20)
    }
}
