import DurableFiles
import Ensembling
import ModelZoo
import SegmentationData

/// What `predict --submission` writes.
struct SubmissionTable {
    private let path: String
    private var writer: RunLengthTableWriter

    /// - Returns: nil where no submission is asked for.
    init?(_ path: String?, size: String?, _ output: MemberManifest.Output) throws {
        guard let path else { return nil }
        self.path = path
        writer = RunLengthTableWriter(
            classes: output.classes.map(\.name), skipsFirst: output.hasBackground,
            size: try size.map(Self.parsed))
    }

    mutating func add(_ mask: SegmentationTarget, image: String) throws {
        try writer.add(mask, image: image)
    }

    /// Commits the table.
    ///
    /// - Returns: its path.
    func write() throws -> String {
        try writer.write(to: path)
        return path
    }

    private static func parsed(_ text: String) throws -> ImageSize {
        let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard sides.count == 2, let height = sides[0], let width = sides[1],
            (1...65536).contains(height), (1...65536).contains(width)
        else {
            throw FloeError(
                .usage, "--submission-size", expected: "HEIGHTxWIDTH such as 350x525", got: text)
        }
        return ImageSize(height: height, width: width)
    }
}
