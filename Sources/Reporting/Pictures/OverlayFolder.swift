import DurableFiles
import Ensembling
import Foundation
import SegmentationData
import TensorCore
import Training

/// Writes overlays of predictions: yellow right, red wrong, green missed.
public struct OverlayFolder {
    public let path: String
    private let dataset: SegmentationDataset
    private let limit: Int
    private var written: [String] = []

    /// - Parameter limit: pictures at most.
    public init(_ path: String, dataset: SegmentationDataset, limit: Int = 12) throws {
        self.path = path
        self.dataset = dataset
        self.limit = limit
        try DurableFile.createFolder(path)
    }

    /// The files written so far.
    public var files: [String] { written }

    /// Adds an image; beyond the limit nothing happens.
    public mutating func add(_ shown: Comparer.Shown) throws {
        guard written.count < limit else { return }
        let target = try dataset.nativeTarget(at: shown.index)
        let image = try dataset.sample(at: shown.index).image
            .resizedBilinear(height: target.height, width: target.width)
        let picture = OverlayRenderer.picture(of: image)
        let overlay: Picture
        switch target {
        case .labels(let map):
            overlay = OverlayRenderer.overlay(
                on: picture, truth: map,
                prediction: LabelMap(
                    height: map.height, width: map.width, labels: shown.decisions),
                background: dataset.description.skipsBackground ? 0 : nil)
        case .planes(let planes):
            // Several classes in one picture: right where all of them are.
            let truth = Self.union(planes.values, classes: planes.classes)
            overlay = OverlayRenderer.overlay(
                on: picture, truth: truth,
                prediction: Self.union(shown.decisions, classes: planes.classes))
        }
        var name = Self.fileName(shown.id)
        // Ids that differ in what a file's name cannot hold get numbers.
        if written.contains(path + "/" + name + ".png") { name += "-\(written.count)" }
        let file = path + "/" + name + ".png"
        try ImageWriter.writeRGB(picture.beside(overlay), to: file)
        written.append(file)
    }

    /// Present where any class is, ignored where every class is.
    private static func union(_ planes: [UInt8], classes: Int) -> [UInt8] {
        guard classes > 1 else { return planes }
        let pixels = planes.count / classes
        return (0..<pixels).map { pixel in
            var result = LabelMap.ignore
            for k in 0..<classes where planes[k * pixels + pixel] != LabelMap.ignore {
                result = max(result == LabelMap.ignore ? 0 : result, planes[k * pixels + pixel])
            }
            return result
        }
    }

    /// An id as a file's name: separators of folders become underscores, a long one is cut.
    private static func fileName(_ id: String) -> String {
        var name = String(id.map { $0 == "/" ? "_" : $0 })
        if name.hasPrefix(".") { name = "_" + name }
        while name.utf8.count > 200 { name.removeLast() }
        return name
    }
}

extension Picture {
    /// Two pictures of one size side by side.
    func beside(_ other: Picture) -> Picture {
        var values: [UInt8] = []
        values.reserveCapacity(2 * self.values.count)
        for row in 0..<height {
            let range = 3 * row * width..<3 * (row + 1) * width
            values += self.values[range]
            values += other.values[range]
        }
        return Picture(height: height, width: 2 * width, values: values)
    }
}
