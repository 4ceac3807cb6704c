import DurableFiles
import Ensembling
import Foundation
import Reporting
import SegmentationData

/// The folder that `compare` writes: `comparison.json`, the same as tables, the page, and
/// `overlays/`.
final class ReportFolder {
    static let page = "report.html"
    static let tables = "tables"

    private let path: String
    private var overlays: OverlayFolder
    private var gallery: Gallery

    /// Makes the folder; pictures and tables of an earlier report in it are removed.
    init(_ path: String, dataset: SegmentationDataset, pictures: Int) throws {
        guard (0...100_000).contains(pictures) else {
            throw FloeError(.usage, "--pictures", expected: "0 to 100000", got: "\(pictures)")
        }
        self.path = path
        try DurableFile.createFolder(path)
        let names = try DurableFile.listFolder(path)
        if names.contains("comparison.json") {
            for folder in ["overlays", Self.tables] where names.contains(folder) {
                try DurableFile.remove(path + "/" + folder)
            }
        }
        overlays = try OverlayFolder(path + "/overlays", dataset: dataset, limit: pictures)
        gallery = Gallery(dataset, count: pictures == 0 ? 0 : 5)
    }

    func add(_ shown: Comparer.Shown) throws {
        try overlays.add(shown)
        try gallery.add(shown)
    }

    /// `comparison.json` is written last: it says that the report is whole.
    func write(_ comparison: Comparison, of ensemble: OpenedEnsemble, fingerprint: String) throws {
        try DurableFile.createFolder(path + "/" + Self.tables)
        for table in comparison.csvTables {
            try DurableFile.write(
                Data(table.text.utf8), to: "\(path)/\(Self.tables)/\(table.name).csv")
        }
        let report = ComparisonReport(
            comparison, members: ReportedMember.all(of: ensemble),
            outOfBag: try OutOfBagRecord.beside(ensemble), gallery: try gallery.html(),
            provenance: [("fingerprint of the data", fingerprint)]
                + ReportedMember.provenance(of: ensemble))
        try DurableFile.write(
            Data(report.page.source.utf8), to: path + "/" + Self.page)
        try BoundedJSON.write(comparison, to: path + "/comparison.json")
    }
}
