import DurableFiles
import Foundation
import SegmentationModels
import TensorCore

/// The members and ported encoders below a folder, in the order of their paths.
public struct ZooListing: Sendable {
    /// One member or encoder as found.
    public struct Entry: Sendable {
        /// The manifest's path relative to the listed folder.
        public var path: String
        /// Nil for an encoder, and where the manifest cannot be read; `problem` says why.
        public var manifest: MemberManifest?
        /// Nil for a member, and where the manifest cannot be read.
        public var encoder: EncoderManifest?
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

    /// True where everything is in order.
    public var isIntact: Bool { entries.allSatisfy { $0.problem == nil } }

    /// Folders within folders that are searched at most.
    static let depth = 8

    /// Finds every manifest below `folder` and compares its weights with its digest.
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
                    guard try entry.open(in: folder) else { return nil }
                } catch let error as FloeError {
                    entry.problem = error
                } catch {
                    entry.problem = FloeError(.internalFailure, file: path, "\(error)")
                }
                return entry
            })
    }

    /// Lists, and then loads every member and encoder and runs its self-test or probe.
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
                let file = "\(folder)/\(listing.entries[index].path)"
                listing.entries[index].problem =
                    listing.entries[index].encoder == nil
                    ? MemberStore.verify(file, backend: backend)
                    : EncoderStore.verify(file, backend: backend)
            }
            progress(listing.entries[index])
        }
        return listing
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

extension ZooListing.Entry {
    /// Reads the manifest and checks the digest of its weights; false for a manifest of something
    /// else, such as an ensemble's.
    fileprivate mutating func open(in folder: String) throws -> Bool {
        let file = "\(folder)/\(path)"
        let data = try DurableFile.read(file, limit: MemberStore.largestManifest)
        let json = try BoundedJSON.parse(data, file: file, limit: MemberStore.largestManifest)
        let format = FormatName.of(json) ?? ""
        if format.hasPrefix("floe.member/") {
            let member = try MemberStore.decodeManifest(data, file: file)
            manifest = member
            try MemberStore.checkDigest(of: member, at: file)
        } else if format.hasPrefix("floe.encoder/") {
            let ported = try EncoderStore.decodeManifest(data, file: file)
            encoder = ported
            try EncoderStore.checkDigest(of: ported, at: file)
        } else {
            return false
        }
        return true
    }
}
