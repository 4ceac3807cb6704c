import DurableFiles
import Foundation

/// An HTML page that a command writes.
enum PageFile {
    private static let start = "<!doctype html>"

    /// An earlier page is replaced, anything else is not.
    static func refuseForeign(_ path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        let head = try DurableFile.readHead(path, count: start.utf8.count)
        guard String(decoding: head, as: UTF8.self).lowercased() == start else {
            throw FloeError(
                .usage, file: path, "exists and is no page", advice: "choose another --out")
        }
    }
}
