import DurableFiles
import Foundation
import ModelZoo
import SegmentationMetrics

/// The out-of-bag score in full (`floe.out-of-bag/1`), beside its ensemble's manifest.
///
/// Every training image was predicted by the members whose bag left it out; no other images are
/// needed to say how good the ensemble is.
public struct OutOfBagRecord: Codable, Hashable, Sendable {
    public static let currentFormat = "floe.out-of-bag/1"

    public var format = OutOfBagRecord.currentFormat
    /// UTC.
    public var created: String
    public var software: String
    /// Of the members' manifests, in manifest order: whose score this is.
    public var members: [SHA256Digest]
    public var data: String
    /// Of the data.
    public var fingerprint: String
    public var score: OutOfBagScore
    /// Every training image, also those without votes.
    public var images: [Image]
    public var classes: [Class]
    /// By rising number of members; nil for a single member.
    public var curve: Curve?

    public struct Image: Codable, Hashable, Sendable {
        public var id: String
        public var group: String?
        /// Members of a weight above 0 that had left it out; 0 where these together would leave some
        /// class to nobody.
        public var votes: Int
        /// Nil without votes, or where no class can be scored.
        public var dice: Double?
        /// By class; nil without votes.
        public var classDice: [Double?]?
    }

    /// One class over the summed counts of all images with votes.
    public struct Class: Codable, Hashable, Sendable {
        public var name: String
        /// Images with votes whose truth has the class.
        public var images: Int
        public var dice: Double?
        public var iou: Double?
    }

    /// What the score would have been with fewer members.
    public struct Curve: Codable, Hashable, Sendable {
        /// Random orders in which members were added; nil where all subsets were evaluated.
        public var orders: Int?
        public var points: [Point]

        public struct Point: Codable, Hashable, Sendable {
            public var members: Int
            /// Dice of the images with votes, mean over the subsets of this size.
            public var mean: Double
            public var lowest: Double
            public var highest: Double
            /// The part of the images with votes, mean over the subsets.
            public var coverage: Double
        }
    }

    /// Where the record of an ensemble lies.
    public static func path(of ensemble: String) -> String {
        let url = URL(fileURLWithPath: ensemble)
        let name = url.deletingPathExtension().lastPathComponent + ".out-of-bag.json"
        return url.deletingLastPathComponent().appendingPathComponent(name).path
    }

    /// The record beside an ensemble; nil where there is none, or only that of other members.
    ///
    /// - Throws: `FloeError` for one that is damaged, or holds what cannot be.
    public static func beside(_ ensemble: OpenedEnsemble) throws -> OutOfBagRecord? {
        let path = path(of: ensemble.path)
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let record = try BoundedJSON.read(OutOfBagRecord.self, at: path, limit: largestFile)
        guard record.format == currentFormat, ensemble.missing.isEmpty,
            record.members == ensemble.members.map(\.sha256),
            record.score == ensemble.manifest.scores?.outOfBag
        else { return nil }
        try record.check(for: ensemble, at: path)
        return record
    }

    /// Writes the record of an ensemble, or removes an earlier one where there is none.
    static func write(_ record: OutOfBagRecord?, beside ensemble: String) throws {
        let path = path(of: ensemble)
        if let record {
            try BoundedJSON.write(record, to: path)
            return
        }
        guard FileManager.default.fileExists(atPath: path) else { return }
        try refuseForeignFile(path)
        try DurableFile.remove(path)
    }

    /// Throws where something else lies where the record would be written.
    static func refuseForeignFile(_ path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        guard let data = try? DurableFile.read(path, limit: largestFile),
            case .object(let object)? = try? BoundedJSON.parse(
                data, file: path, limit: largestFile),
            case .string(let format)? = object["format"], format.hasPrefix("floe.out-of-bag/")
        else {
            throw FloeError(
                .usage, file: path, "exists and is no out-of-bag record",
                advice: "choose another --out")
        }
    }

    private static let largestFile = 1 << 30
}
