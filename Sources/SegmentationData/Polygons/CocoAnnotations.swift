import DurableFiles
import Foundation

/// The masks of many images as COCO writes them: polygons and run lengths with categories.
///
/// Images are known by the last part of their `file_name`, categories by their `name`. Later
/// annotations cover earlier ones; those of crowds come before all others.
struct CocoAnnotations: ShapeTable {
    private static let largestFile = 1 << 30
    /// The text of one annotation; about a million vertices.
    private static let largestElement = 1 << 24

    private struct Annotation {
        var number: Int
        var image: Int
        var category: Int
        var isCrowd: Bool
        /// Polygons, each a range of `points`.
        var rings: [Range<Int>]
        var runs: RunLengths?
    }

    private struct Image {
        var name: String
        var height: Int?
        var width: Int?
    }

    private let path: String
    private let ignoresCrowds: Bool
    private var images: [Int: Image] = [:]
    private var numbers: [String: Int] = [:]
    private var labels: [Int: Int] = [:]
    private var points: [PolygonFill.Point] = []
    private var annotations: [Int: [Annotation]] = [:]

    var refusesOverlap: Bool { false }

    /// - Throws: `FloeError` of kind `.badData` for anything that is not such a file, for images of
    ///   one name, for annotations of an unknown image or of a category that is none of `labels`.
    init(reading path: String, labels known: [String], ignoresCrowds: Bool) throws {
        self.path = path
        self.ignoresCrowds = ignoresCrowds
        let data = try DurableFile.read(path, limit: Self.largestFile)
        var categories: [Int: String] = [:]
        var found: [Annotation] = []
        try BoundedJSON.forEachElement(
            ofLists: ["images", "annotations", "categories"], in: data, file: path,
            largest: Self.largestElement
        ) { list, number, value in
            let entry = JSONEntry(value, "\(list)[\(number)]", path)
            switch list {
            case "categories": categories[try entry.whole("id")] = try entry.text("name")
            case "images":
                let name = (try entry.text("file_name") as NSString).lastPathComponent
                let id = try entry.whole("id")
                guard images[id] == nil, numbers[name] == nil else {
                    throw entry.refusal("an image that is there twice", got: "'\(name.shortened)'")
                }
                images[id] = Image(
                    name: name, height: try? entry.whole("height"), width: try? entry.whole("width")
                )
                numbers[name] = id
            default: found.append(try annotation(entry, number))
            }
        }
        let places = Dictionary(zip(known, known.indices), uniquingKeysWith: { first, _ in first })
        for annotation in found {
            let entry = JSONEntry(.null, "annotations[\(annotation.number)]", path)
            guard images[annotation.image] != nil else {
                throw entry.refusal("an unknown image", got: "image_id \(annotation.image)")
            }
            guard let name = categories[annotation.category], let place = places[name] else {
                throw entry.refusal(
                    "an unknown class", expected: known.joined(separator: " or "),
                    got: categories[annotation.category].map { "'\($0.shortened)'" }
                        ?? "category_id \(annotation.category)")
            }
            labels[annotation.category] = place
            annotations[annotation.image, default: []].append(annotation)
        }
    }

    func contains(image: String) -> Bool { numbers[image] != nil }

    func unknownImages(known: Set<String>) -> FloeError? {
        let unknown = annotations.compactMap { id, list -> (number: Int, name: String)? in
            guard let name = images[id]?.name, !known.contains(name), let first = list.first else {
                return nil
            }
            return (first.number, name)
        }
        guard let first = unknown.min(by: { $0.number < $1.number }) else { return nil }
        return FloeError(
            .badData, file: path,
            "annotations[\(first.number)]: annotations of \(unknown.count) images that are not there",
            expected: "one of the \(known.count) images of data.images",
            got: "'\(first.name.shortened)'" + (unknown.count > 1 ? " first" : ""))
    }

    func spans(
        image: String, height: Int, width: Int, _ body: (ShapeLabel, PixelSpan) throws -> Void
    ) throws {
        guard let id = numbers[image], let entry = images[id] else { return }
        guard entry.height ?? height == height, entry.width ?? width == width else {
            throw FloeError(
                .badData, file: path, "'\(image)' was annotated at another size",
                expected: "\(height)x\(width)", got: "\(entry.height ?? 0)x\(entry.width ?? 0)")
        }
        let list = annotations[id] ?? []
        for annotation in list.filter(\.isCrowd) + list.filter({ !$0.isCrowd }) {
            let label = ShapeLabel(
                label: labels[annotation.category] ?? 0,
                isVague: annotation.isCrowd && ignoresCrowds)
            // The parts of one annotation are polygons of their own, of which it is the union.
            for ring in annotation.rings {
                try PolygonFill.spans(rings: [points[ring]], height: height, width: width) {
                    try body(label, $0)
                }
            }
            guard let runs = annotation.runs else { continue }
            guard runs.height == height, runs.width == width else {
                throw JSONEntry(.null, "annotations[\(annotation.number)]", path).refusal(
                    "run lengths of another size", expected: "\(height)x\(width)",
                    got: "\(runs.height)x\(runs.width)")
            }
            for run in runs.runs {
                try PixelSpan.columns(from: run.start, count: run.length, height: height, width) {
                    try body(label, $0)
                }
            }
        }
    }

    private mutating func annotation(_ entry: JSONEntry, _ number: Int) throws -> Annotation {
        var annotation = Annotation(
            number: number, image: try entry.whole("image_id"),
            category: try entry.whole("category_id"), isCrowd: false, rings: [])
        if entry.has("iscrowd") { annotation.isCrowd = try entry.whole("iscrowd") != 0 }
        switch entry.member("segmentation") {
        case .array(let parts):
            for part in parts {
                guard case .array(let numbers) = part, numbers.count >= 6, numbers.count % 2 == 0
                else {
                    throw entry.refusal(
                        "not a polygon", expected: "x1, y1, x2, y2, x3, y3, …")
                }
                let start = points.count
                for place in stride(from: 0, to: numbers.count, by: 2) {
                    points.append(
                        PolygonFill.Point(
                            x: try entry.coordinate(numbers[place]),
                            y: try entry.coordinate(numbers[place + 1])))
                }
                annotation.rings.append(start..<points.count)
            }
        case .object:
            let runs = JSONEntry(entry.member("segmentation"), "\(entry.place).segmentation", path)
            annotation.runs = try CocoRunLengths.read(runs)
        default: throw entry.refusal("no segmentation", expected: "polygons or run lengths")
        }
        return annotation
    }
}
