import DurableFiles
import Foundation

/// Keeps `data synth` away from folders that hold anything else.
enum SynthesisFolder {
    private static let textLimit = 1 << 20

    /// Refuses a folder that is neither absent, nor empty, nor this very set, whole or begun.
    static func prepare(_ folder: String, count: Int, seed: UInt64) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) else { return }
        guard isFolder.boolValue else {
            throw FloeError(
                .usage, file: folder, "not a folder", advice: "choose another --out")
        }
        let names = try DurableFile.listFolder(folder)
        for name in names where !isScene(name) && !["README.md", "dataset.yaml"].contains(name) {
            throw refusal(folder, "holds other files ('\(name)')")
        }
        if names.contains("dataset.yaml"),
            try !text(of: folder + "/dataset.yaml").contains("Written by `floe data synth`")
        {
            throw refusal(folder, "holds another data set ('dataset.yaml')")
        }
        if names.contains("README.md") {
            let readme = try text(of: folder + "/README.md")
            guard readme.contains("`floe data synth --count \(count) --seed \(seed)`") else {
                let isOurs = readme.contains("made by `floe data synth")
                throw refusal(
                    folder, isOurs ? "holds another synthetic set" : "holds another 'README.md'")
            }
        }
        try DurableFile.removeStaleTemporaries(in: folder)
    }

    private static func isScene(_ name: String) -> Bool {
        guard let end = name.firstIndex(of: "_") else { return false }
        return name[..<end].allSatisfy { $0.isASCII && $0.isNumber }
            && ["_vis.tiff", "_sar.tiff", "_ref.tiff"].contains(name[end...])
    }

    private static func text(of path: String) throws -> String {
        String(decoding: try DurableFile.read(path, limit: textLimit), as: UTF8.self)
    }

    private static func refusal(_ folder: String, _ what: String) -> FloeError {
        FloeError(
            .usage, file: folder, what,
            expected: "a new or empty folder, or this set with the same --count and --seed",
            advice: "choose another --out")
    }
}
