import DurableFiles
import Foundation
import TensorCore

/// Writes what `RunLengthTable` reads: a contest's submission.
///
/// Every image has a row for every class that has a label, in the order of the classes; one without a
/// pixel has an empty text.
public struct RunLengthTableWriter {
    private let classes: [(index: Int, label: String)]
    private let size: ImageSize?
    private var images: Set<String> = []
    private var text: [UInt8]

    /// - Parameters:
    ///   - labels: the label of every class, in order (`RunLengthLabels.ofClasses`); nil for one
    ///     without rows.
    ///   - size: what masks are brought to, by nearest neighbour; nil leaves them at their own.
    /// - Throws: what `RunLengthLabels` throws.
    public init(labels: [String?], size: ImageSize? = nil) throws {
        classes = labels.enumerated().compactMap { index, label in label.map { (index, $0) } }
        _ = try RunLengthLabels(classes.map(\.label))
        self.size = size
        text = Array(RunLengthTable.header.joined(separator: ",").utf8) + [UInt8(ascii: "\n")]
    }

    /// Adds an image's rows.
    ///
    /// - Parameter image: the image's file name.
    /// - Throws: `FloeError` of kind `usage` for a name that has rows already.
    public mutating func add(_ mask: SegmentationTarget, image: String) throws {
        guard images.insert(image).inserted else {
            throw FloeError(
                .usage, "two images of a submission are called '\(image)'",
                advice: "predict them into submissions of their own")
        }
        let mask = size.map { mask.resizedNearest(height: $0.height, width: $0.width) } ?? mask
        let pixels = mask.height * mask.width
        for (index, label) in classes {
            let plane: [UInt8] =
                switch mask {
                case .labels(let map): BinaryMask(map, class: UInt8(index)).values
                case .planes(let planes):
                    Array(planes.values[index * pixels..<(index + 1) * pixels])
                }
            let runs = RunLengths(mask: plane, height: mask.height, width: mask.width)
            text += Self.field(RunLengthLabels.joined(image, label)).utf8
            text.append(UInt8(ascii: ","))
            text += runs.text.utf8
            text.append(UInt8(ascii: "\n"))
        }
    }

    /// Commits the table as a file.
    @discardableResult
    public func write(to path: String) throws -> SHA256Digest {
        try DurableFile.write(Data(text), to: path)
    }

    /// A field in quotes where it must have them (RFC 4180).
    private static func field(_ text: String) -> String {
        guard text.utf8.contains(where: { ",\"\r\n".utf8.contains($0) }) else { return text }
        return "\""
            + text.split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\"\"") + "\""
    }
}
