import DurableFiles
import Foundation
import SegmentationData

/// Keeps `data synth` away from folders that hold anything else.
enum SynthesisFolder {
    private static let textLimit = 1 << 20

    /// Refuses a folder that is neither absent, nor empty, nor this very set, whole or begun.
    static func prepare(_ folder: String, for set: SyntheticDataSet) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) else { return }
        guard isFolder.boolValue else {
            throw FloeError(
                .usage, file: folder, "not a folder", advice: "choose another --out")
        }
        let names = try DurableFile.listFolder(folder)
        for name in names where !set.folders.contains(name) && !set.owns(name) {
            throw refusal(folder, "holds other files ('\(name)')", set)
        }
        for inner in set.folders where names.contains(inner) {
            for name in try DurableFile.listFolder("\(folder)/\(inner)")
            where !set.owns("\(inner)/\(name)") {
                throw refusal(folder, "holds other files ('\(inner)/\(name)')", set)
            }
        }
        if names.contains("dataset.yaml"),
            try !text(of: folder + "/dataset.yaml").contains("Written by `floe data synth`")
        {
            throw refusal(folder, "holds another data set ('dataset.yaml')", set)
        }
        if names.contains("README.md") {
            let readme = try text(of: folder + "/README.md")
            guard readme.contains("`\(set.command)`") else {
                let isOurs = readme.contains("made by `floe data synth")
                throw refusal(
                    folder, isOurs ? "holds another synthetic set" : "holds another 'README.md'",
                    set)
            }
        }
        for inner in [""] + set.folders.filter(names.contains) {
            try DurableFile.removeStaleTemporaries(
                in: inner.isEmpty ? folder : "\(folder)/\(inner)")
        }
    }

    private static func text(of path: String) throws -> String {
        String(decoding: try DurableFile.read(path, limit: textLimit), as: UTF8.self)
    }

    private static func refusal(
        _ folder: String, _ what: String, _ set: SyntheticDataSet
    ) -> FloeError {
        FloeError(
            .usage, file: folder, what,
            expected: "a new or empty folder, or what \(set.command) wrote",
            advice: "choose another --out")
    }
}
