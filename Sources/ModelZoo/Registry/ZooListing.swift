import DurableFiles
import Foundation
import SegmentationModels
import TensorCore

/// The members below a folder, in the order of their paths.
public struct ZooListing: Sendable {
    /// One member as found.
    public struct Entry: Sendable {
        /// The manifest's path relative to the listed folder.
        public var path: String
        /// Nil where the manifest cannot be read; `problem` says why.
        public var manifest: MemberManifest?
        /// What is wrong with manifest or weights; nil where their digests agree.
        public var problem: FloeError?

        /// The member's folder, as people call it.
        public var name: String {
            let folder = MemberStore.folder(of: path)
            return folder == "." ? path : folder
        }
    }

    public var folder: String
    public var entries: [Entry]

    /// True where every member is in order.
    public var isIntact: Bool { entries.allSatisfy { $0.problem == nil } }

    /// Folders within folders that are searched at most.
    static let depth = 8

    /// Finds every member below `folder` and compares its weights with its manifest's digest.
    ///
    /// Symbolic links are not followed, and files that are being written are passed over.
    /// - Throws: `FloeError` where `folder` itself cannot be read; what is wrong with a member is
    ///   told in its entry.
    public static func list(_ folder: String) throws -> ZooListing {
        let paths = try manifests(in: folder, below: "", depth: 0)
        return ZooListing(
            folder: folder,
            entries: paths.compactMap { path in
                var entry = Entry(path: path)
                do {
                    guard let manifest = try manifest(at: "\(folder)/\(path)") else { return nil }
                    entry.manifest = manifest
                    try MemberStore.checkDigest(of: manifest, at: "\(folder)/\(path)")
                } catch let error as FloeError {
                    entry.problem = error
                } catch {
                    entry.problem = FloeError(.internalFailure, file: path, "\(error)")
                }
                return entry
            })
    }

    /// Lists and then loads every member and runs its self-test.
    ///
    /// - Parameters:
    ///   - backend: one that uses direct convolution only.
    ///   - progress: called with each entry when it is done.
    public static func verify(
        _ folder: String, backend: any ComputeBackend, progress: (Entry) -> Void = { _ in }
    ) throws -> ZooListing {
        var listing = try list(folder)
        for index in listing.entries.indices {
            if listing.entries[index].problem == nil {
                listing.entries[index].problem = MemberStore.verify(
                    "\(folder)/\(listing.entries[index].path)", backend: backend)
            }
            progress(listing.entries[index])
        }
        return listing
    }

    /// Nil for a manifest of something else, such as an ensemble's.
    private static func manifest(at path: String) throws -> MemberManifest? {
        let data = try DurableFile.read(path, limit: MemberStore.largestManifest)
        let json = try BoundedJSON.parse(data, file: path, limit: MemberStore.largestManifest)
        guard FormatName.of(json)?.hasPrefix("floe.member/") == true else { return nil }
        return try MemberStore.decodeManifest(data, file: path)
    }

    private static func manifests(
        in root: String, below path: String, depth: Int
    ) throws -> [String] {
        let folder = path.isEmpty ? root : "\(root)/\(path)"
        var found: [String] = []
        for name in try DurableFile.listFolder(folder) {
            let inner = path.isEmpty ? name : "\(path)/\(name)"
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(root)/\(inner)")
            switch attributes?[.type] as? FileAttributeType {
            case .typeDirectory? where depth < Self.depth:
                found += try manifests(in: root, below: inner, depth: depth + 1)
            case .typeRegular? where name == MemberStore.manifestName:
                found.append(inner)
            default: break
            }
        }
        return found
    }
}
