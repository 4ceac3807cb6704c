import DurableFiles
import Ensembling
import Foundation
import SegmentationData
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
        let picture = try dataset.picture(
            at: shown.index, height: target.height, width: target.width)
        let overlay = OverlayRenderer.overlay(
            on: picture, truth: target, decisions: shown.decisions,
            hasBackground: dataset.description.skipsBackground)
        let base = Self.fileName(shown.id)
        var file = "\(path)/\(base).png"
        // Ids that differ in what a file's name cannot hold get numbers.
        var number = 1
        while written.contains(file) {
            number += 1
            file = "\(path)/\(base)-\(number).png"
        }
        try ImageWriter.writeRGB(picture.beside(overlay), to: file)
        written.append(file)
    }

    /// An id as a file's name: separators of folders become underscores, a long one is cut.
    private static func fileName(_ id: String) -> String {
        // Scalars, not characters: a slash with an accent is one character and still a slash.
        var scalars = String.UnicodeScalarView()
        if id.unicodeScalars.first == "." { scalars.append("_") }
        for scalar in id.unicodeScalars {
            scalars.append(scalar == "/" || scalar == "\0" ? "_" : scalar)
        }
        var name = String(scalars)
        while name.utf8.count > 200 { name.unicodeScalars.removeLast() }
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
