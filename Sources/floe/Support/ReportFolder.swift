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
    private static let whole = "comparison.json"

    private let path: String
    private let ensemble: OpenedEnsemble
    private let outOfBag: OutOfBagRecord?
    private var overlays: OverlayFolder
    private var gallery: Gallery

    /// Makes the folder; an earlier report in it is removed, so that a comparison that ends early
    /// leaves no mix of both.
    ///
    /// - Throws: `FloeError` also where the ensemble's out-of-bag record is damaged: a comparison
    ///   takes long, and its report needs that record.
    init(
        _ path: String, of ensemble: OpenedEnsemble, dataset: SegmentationDataset, pictures: Int
    ) throws {
        guard (0...100_000).contains(pictures) else {
            throw FloeError(.usage, "--pictures", expected: "0 to 100000", got: "\(pictures)")
        }
        self.path = path
        self.ensemble = ensemble
        outOfBag = try OutOfBagRecord.beside(ensemble)
        try DurableFile.createFolder(path)
        try PageFile.refuseForeign(path + "/" + Self.page)
        let names = try DurableFile.listFolder(path)
        if names.contains(Self.whole) {
            // It says that the rest is whole, and so it is the first to go.
            for name in [Self.whole, Self.page, "overlays", Self.tables] where names.contains(name)
            {
                try DurableFile.remove(path + "/" + name)
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
    func write(_ comparison: Comparison, fingerprint: String) throws {
        try DurableFile.createFolder(path + "/" + Self.tables)
        for table in comparison.csvTables {
            try DurableFile.write(
                Data(table.text.utf8), to: "\(path)/\(Self.tables)/\(table.name).csv")
        }
        let report = ComparisonReport(
            comparison, members: ReportedMember.all(of: ensemble),
            outOfBag: outOfBag, gallery: try gallery.html(),
            provenance: [("fingerprint of the data", fingerprint)]
                + ReportedMember.provenance(of: ensemble))
        try DurableFile.write(
            Data(report.page.source.utf8), to: path + "/" + Self.page)
        try BoundedJSON.write(comparison, to: path + "/" + Self.whole)
    }
}
