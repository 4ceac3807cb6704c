import DurableFiles
import Ensembling
import Foundation
import Reporting
import SegmentationData

/// The folder that `compare` writes: `comparison.json` and `overlays/`.
final class ReportFolder {
    private let path: String
    private var overlays: OverlayFolder

    /// Makes the folder; pictures of an earlier report in it are removed.
    init(_ path: String, dataset: SegmentationDataset, pictures: Int) throws {
        guard (0...100_000).contains(pictures) else {
            throw FloeError(.usage, "--pictures", expected: "0 to 100000", got: "\(pictures)")
        }
        self.path = path
        try DurableFile.createFolder(path)
        let names = try DurableFile.listFolder(path)
        if names.contains("comparison.json"), names.contains("overlays") {
            try DurableFile.remove(path + "/overlays")
        }
        overlays = try OverlayFolder(path + "/overlays", dataset: dataset, limit: pictures)
    }

    func add(_ shown: Comparer.Shown) throws { try overlays.add(shown) }

    /// Written last: it says that the report is whole.
    func write(_ comparison: Comparison) throws {
        try BoundedJSON.write(comparison, to: path + "/comparison.json")
    }
}
