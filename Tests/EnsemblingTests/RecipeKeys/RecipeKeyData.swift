import DurableFiles
import Foundation
import TensorCore
import Testing
import TrainingTestSupport

@testable import SegmentationData

/// The small data that recipe keys are tried on, in every form that a recipe can name.
enum RecipeKeyData {
    static let side = 16
    static let count = 8

    /// Beside the grey images and masks of `TrainingFixtures`: pictures of three bands (`rgb`), other
    /// masks (`second`), masks of three bands (`painted`), two archives of arrays, two tables of run
    /// lengths, COCO annotations, and GeoJSON files (`shapes`, `moved`).
    static func write(_ folder: String) throws {
        try TrainingFixtures.writeImages(folder, count: count, height: side, width: side)
        var images: [UInt8] = []
        var masks: [UInt8] = []
        var stack: [UInt8] = []
        var tables = ["Image_Label,EncodedPixels\n", "Image_Label,EncodedPixels\n"]
        var annotations: [String] = []
        let path = folder + "/data"
        for number in 0..<count {
            let image = try values("\(folder)/data/0\(number)_image.png")
            let mask = try values("\(folder)/data/0\(number)_mask.png")
            images += image
            masks += mask
            stack += image + mask
            for folder in ["rgb", "second", "painted"].map({ "\(folder)/data/\($0)" }) {
                try FileManager.default.createDirectory(
                    atPath: folder, withIntermediateDirectories: true)
            }
            try ImageWriter.writeGrey(
                mask.map { 2 - $0 }, height: side, width: side,
                to: "\(folder)/data/second/0\(number).png")
            try ImageWriter.writeRGB(
                Picture(height: side, width: side, values: mask.flatMap { [$0, $0, $0] }),
                to: "\(folder)/data/painted/0\(number).png")
            let color = zip(image, image.reversed()).flatMap { [$0, $1, UInt8(255) - $0] }
            try ImageWriter.writeRGB(
                Picture(height: side, width: side, values: color),
                to: "\(folder)/data/rgb/0\(number).png")
            for (index, label) in [UInt8(1), 2].enumerated() {
                let runs = RunLengths(
                    mask: mask.map { $0 == label ? 1 : 0 }, height: side, width: side)
                tables[index] += "0\(number)_image.png_thing,\(runs.text)\n"
            }
            for (folder, left) in [("shapes", number), ("moved", 8)] {
                try FileManager.default.createDirectory(
                    atPath: "\(path)/\(folder)", withIntermediateDirectories: true)
                try write(
                    """
                    {"type": "Feature", "properties": {"class": "thing", "kind": "other"},
                     "geometry": {"type": "Polygon", "coordinates": [[[\(left), 2],
                     [\(left + 6), 2], [\(left + 6), 9], [\(left), 9]]]}}
                    """, "\(path)/\(folder)/0\(number).geojson")
            }
            for (crowd, corner) in [(0, number), (1, 8)] {
                annotations.append(
                    """
                    {"id": \(2 * number + crowd), "image_id": \(number), "category_id": 1, \
                    "iscrowd": \(crowd), "segmentation": [[\(corner), 1, \(corner + 6), 1, \
                    \(corner + 6), 9, \(corner), 9]]}
                    """)
            }
        }
        for (index, name) in ["one.csv", "two.csv"].enumerated() {
            try write(tables[index], folder + "/data/" + name)
        }
        let shape = [count, side, side]
        try NumPyArchiveWriter.write(
            [
                .init(name: "images", shape: shape, values: images.map { 255 - $0 }),
                .init(name: "masks", shape: shape, values: masks.map { 2 - $0 }),
            ], to: folder + "/data/others.npz")
        try NumPyArchiveWriter.write(
            [
                .init(name: "images", shape: shape, values: images),
                .init(name: "others", shape: shape, values: images.map { 255 - $0 }),
                .init(name: "masks", shape: shape, values: masks),
                .init(name: "second", shape: shape, values: masks.map { 2 - $0 }),
                .init(name: "stack", shape: [count, 2, side, side], values: stack),
                // As many bands as columns, so that two layouts fit.
                .init(
                    name: "cube", shape: [count, 4, 4, 4], values: Array(images[0..<count * 64])),
                .init(
                    name: "corner", shape: [count, 4, 4],
                    values: (0..<count * 16).map { UInt8($0 % 3 == 0 ? 1 : 0) }),
            ], to: folder + "/data/arrays.npz")
        for (name, kept) in [("shapes.json", annotations), ("fewer.json", [annotations[0]])] {
            let files = (0..<count).map {
                "{\"id\": \($0), \"file_name\": \"0\($0)_image.png\", \"height\": 16, \"width\": 16}"
            }
            try write(
                """
                {"images": [\(files.joined(separator: ", "))],
                 "categories": [{"id": 1, "name": "thing"}],
                 "annotations": [\(kept.joined(separator: ",\n"))]}
                """, "\(folder)/data/\(name)")
        }
    }

    private static func write(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    private static func values(_ path: String) throws -> [UInt8] {
        try ImageReader.readRaster(path: path, budget: .picture)
            .floats(rows: 0..<side, columns: 0..<side).map { UInt8($0) }
    }
}
