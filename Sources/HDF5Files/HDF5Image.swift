import CHDF5
import DurableFiles
import Foundation

/// A file that libhdf5 reads from bytes in memory, so that nothing can change under it.
///
/// Used on the thread of ``HDF5Library``.
package enum HDF5Image {
    /// A dataset found in a file.
    package struct Found: Sendable {
        /// Its path without a leading `/`.
        package var name: String
        /// Where its header lies; ascending in the order in which Floe made the datasets.
        package var address: UInt64
    }

    /// Opens the bytes for reading while `body` runs.
    package static func open<Success>(
        _ data: Data, _ body: (hid_t) throws -> Success
    ) throws -> Success {
        guard !data.isEmpty else { throw FloeError(.badData, "not an HDF5 file: it is empty") }
        return try data.withUnsafeBytes { bytes in
            // The file is opened for reading only, so the bytes are never written to.
            var view = floe_h5_view(
                bytes: UnsafeMutableRawPointer(mutating: bytes.baseAddress), count: bytes.count)
            return try withUnsafeMutablePointer(to: &view) { view in
                let access = try HDF5Handle(
                    H5Pcreate(floe_h5_class_file_access()), "make a property list")
                try HDF5Failure.check(
                    floe_h5_set_view(access.id, view), "open a file in memory")
                let file = try HDF5Handle(
                    H5Fopen("floe-weights", floe_h5_read_only(), access.id),
                    "read this as an HDF5 file")
                return try body(file.id)
            }
        }
    }

    /// Every dataset, in the order in which they lie in the file. Only hard links are followed.
    package static func datasets(in file: hid_t) throws -> [Found] {
        try contents(of: file).datasets
    }

    /// The same, and the path of every group; the root is the empty path.
    package static func contents(of file: hid_t) throws -> (datasets: [Found], groups: [String]) {
        let root = try HDF5Handle(H5Gopen2(file, "/", floe_h5_default()), "open the root group")
        var walk = Walk()
        try walk.visit(root.id, path: "", depth: 1)
        return (walk.found.sorted { $0.address < $1.address }, walk.paths)
    }

    private struct Walk {
        var found: [Found] = []
        var groups: Set<UInt64> = []
        var paths: [String] = []
        var objects = 0

        mutating func visit(_ group: hid_t, path: String, depth: Int) throws {
            paths.append(path)
            guard depth <= HDF5Limit.depth else {
                throw FloeError(
                    .badData, "groups within groups at /\(path)",
                    expected: "no more than \(HDF5Limit.depth) levels")
            }
            for link in try HDF5Image.links(of: group, limit: HDF5Limit.objects - objects) {
                objects += 1
                let name = path.isEmpty ? link.name : "\(path)/\(link.name)"
                try HDF5Image.check(link, at: name)
                let object = try HDF5Handle(
                    H5Oopen(group, link.name, floe_h5_default()), "open /\(name)")
                var address = floe_h5_no_address()
                switch floe_h5_object(object.id, &address) {
                case FLOE_H5_GROUP:
                    guard groups.insert(UInt64(address)).inserted else {
                        throw FloeError(.badData, "group /\(name) is linked from two places")
                    }
                    try visit(object.id, path: name, depth: depth + 1)
                case FLOE_H5_DATASET:
                    found.append(Found(name: name, address: UInt64(address)))
                case FLOE_H5_OTHER:
                    throw FloeError(.badData, "/\(name) is neither a group nor a dataset")
                default:
                    throw HDF5Failure.take("examine /\(name)")
                }
            }
        }
    }

    /// A name in a group.
    private struct Link {
        var name: String
        var type: Int32
    }

    private static func check(_ link: Link, at path: String) throws {
        guard !link.name.isEmpty, link.name != ".", link.name != "..", !link.name.contains("/"),
            link.name.utf8.count <= HDF5Limit.nameBytes
        else { throw FloeError(.badData, "a dataset or group has the name '\(path.prefix(80))'") }
        let kind =
            switch link.type {
            case 0: ""
            case 1: "soft"
            case 64: "external"
            default: "user-defined"
            }
        guard kind.isEmpty else {
            throw FloeError(
                .badData, "/\(path) is a link of another kind", expected: "a hard link", got: kind)
        }
    }

    /// What the callback of the iteration fills in.
    private struct Collection {
        var links: [Link] = []
        var limit: Int
        var hasBadName = false
    }

    private static func links(of group: hid_t, limit: Int) throws -> [Link] {
        var collection = Collection(limit: limit)
        let status = withUnsafeMutablePointer(to: &collection) { pointer in
            floe_h5_visit_links(
                group,
                { name, type, data in
                    guard let name, let data else { return 1 }
                    let collection = data.assumingMemoryBound(to: Collection.self)
                    guard let text = String(validatingCString: name) else {
                        collection.pointee.hasBadName = true
                        return 1
                    }
                    collection.pointee.links.append(Link(name: text, type: type))
                    return collection.pointee.links.count > collection.pointee.limit ? 1 : 0
                }, pointer)
        }
        try HDF5Failure.check(status, "list a group")
        guard !collection.hasBadName else {
            throw FloeError(.badData, "a name in the file is not UTF-8")
        }
        guard collection.links.count <= limit else {
            throw FloeError(
                .badData, "too many objects",
                expected: "no more than \(HDF5Limit.objects)")
        }
        return collection.links
    }
}
