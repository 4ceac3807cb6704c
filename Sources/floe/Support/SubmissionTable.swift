import DurableFiles
import Ensembling
import ModelZoo
import SegmentationData

/// What `predict --submission` writes.
struct SubmissionTable {
    private let path: String
    private var writer: RunLengthTableWriter

    /// - Parameters:
    ///   - masks: how the masks of the predicted data are declared, where they are.
    ///   - images: what the images are called.
    /// - Returns: nil where no submission is asked for.
    /// - Throws: `FloeError` of kind `.usage` for a size that is none or too large, for two images of
    ///   one name, and for classes that the table could not tell apart.
    init?(
        _ path: String?, size: String?, _ ensemble: OpenedEnsemble, masks: [MaskSource],
        images: [String]
    ) throws {
        guard let path else { return nil }
        self.path = path
        let output = ensemble.output
        writer = try RunLengthTableWriter(
            labels: try ensemble.runLengthLabels(masks: masks),
            size: try size.map {
                try Self.parsed($0, planes: output.activation == .softmax ? 1 : ensemble.classes)
            })
        var seen: Set<String> = []
        for image in images where !seen.insert(image).inserted {
            throw FloeError(
                .usage, "two images of a submission are called '\(image)'",
                advice: "predict them into submissions of their own")
        }
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

    private static func parsed(_ text: String, planes: Int) throws -> ImageSize {
        let largest = PredictionWriter.largestPicture
        let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard sides.count == 2, let height = sides[0], let width = sides[1],
            (1...largest).contains(height), (1...largest).contains(width)
        else {
            throw FloeError(
                .usage, "--submission-size", expected: "HEIGHTxWIDTH such as 350x525", got: text)
        }
        guard height <= largest / planes / width else {
            throw FloeError(
                .usage, "--submission-size", expected: "at most \(largest / planes) pixels",
                got: text)
        }
        return ImageSize(height: height, width: width)
    }
}
