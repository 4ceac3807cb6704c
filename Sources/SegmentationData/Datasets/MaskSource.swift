/// One mask of each sample and what its values mean.
///
/// It is a file of its own (`files`), or a part of a file that holds the masks of many samples.
public struct MaskSource: Codable, Sendable, Hashable {
    /// What becomes of annotations that mark a crowd and not one thing.
    public enum Crowd: String, Codable, Sendable, Hashable, CaseIterable {
        case `class`
        /// Nothing is known of their class where they are.
        case ignore
    }

    /// Paths relative to the data set's root; the `*` stands for the same id as in the images.
    public var files: [String]
    /// A `.npy` or `.npz` file that holds the masks of all samples.
    public var array: String?
    /// The array's name in an `.npz` file of several.
    public var key: String?
    /// Which axis is which; nil is `HW` or `NHW`, by the rank.
    public var layout: ArrayLayout?
    /// A table of run lengths (`RunLengthTable`), with the names of the image files.
    public var runs: String?
    /// A COCO file of annotations (`CocoAnnotations`), with the names of the image files.
    public var coco: String?
    /// GeoJSON files (`GeoJSONPolygons`), one for each image; paths as in `files`.
    public var geojson: [String]
    /// The property of GeoJSON features that holds their label; nil takes every polygon as the only
    /// class there is beside `outside`.
    public var property: String?
    /// What pixels of a crowd (`iscrowd`) are; nil takes them as their class.
    public var crowd: Crowd?
    /// What the labels of a file of shapes mean: class name, `ignore` or `background`; nil takes them
    /// as class names.
    public var labels: [String: String]?
    /// The class of pixels that no shape covers, or `ignore`, where each pixel has one class; nil is
    /// the class `background`.
    public var outside: String?
    /// Values from here on are the class, values below are not (a mask with soft edges: 128).
    public var threshold: Int?
    /// Stored value → class name, `ignore` or `background`.
    public var values: [Int: String]?
    /// Colour → class name, `ignore` or `background`.
    public var colors: [ClassColor: String]?
    /// The stored band that holds the mask, where the file has several and no colours are named.
    public var band: Int?
    /// The class that this file marks, where each class has a file of its own.
    public var className: String?

    public init(
        files: [String] = [], array: String? = nil, key: String? = nil,
        layout: ArrayLayout? = nil, runs: String? = nil,
        coco: String? = nil, geojson: [String] = [], property: String? = nil,
        crowd: Crowd? = nil, labels: [String: String]? = nil,
        outside: String? = nil, threshold: Int? = nil, values: [Int: String]? = nil,
        colors: [ClassColor: String]? = nil, band: Int? = nil, className: String? = nil
    ) {
        self.files = files
        self.array = array
        self.key = key
        self.layout = layout
        self.runs = runs
        self.coco = coco
        self.geojson = geojson
        self.property = property
        self.crowd = crowd
        self.labels = labels
        self.outside = outside
        self.threshold = threshold
        self.values = values
        self.colors = colors
        self.band = band
        self.className = className
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case files, array, key, layout, runs, coco, geojson, property, crowd, labels, outside,
            threshold, values,
            colors, band
        case className = "class"
    }

    public init(from decoder: any Decoder) throws {
        if let pattern = try? decoder.singleValueContainer().decode(String.self) {
            self.init(files: [pattern])
            return
        }
        try UnknownKeys.refuse(in: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            files: try container.decodeIfPresent(OneOrMore<String>.self, forKey: .files)?.values
                ?? [])
        array = try container.decodeIfPresent(String.self, forKey: .array)
        key = try container.decodeIfPresent(String.self, forKey: .key)
        layout = try container.decodeIfPresent(ArrayLayout.self, forKey: .layout)
        runs = try container.decodeIfPresent(String.self, forKey: .runs)
        coco = try container.decodeIfPresent(String.self, forKey: .coco)
        geojson =
            try container.decodeIfPresent(OneOrMore<String>.self, forKey: .geojson)?.values ?? []
        property = try container.decodeIfPresent(String.self, forKey: .property)
        crowd = try container.decodeIfPresent(Crowd.self, forKey: .crowd)
        labels = try container.decodeIfPresent([String: String].self, forKey: .labels)
        outside = try container.decodeIfPresent(String.self, forKey: .outside)
        threshold = try container.decodeIfPresent(Int.self, forKey: .threshold)
        band = try container.decodeIfPresent(Int.self, forKey: .band)
        className = try container.decodeIfPresent(String.self, forKey: .className)
        values = try container.decodeIfPresent([String: String].self, forKey: .values).map {
            try Self.parsed($0, in: container, key: .values) { text in
                Int(text).flatMap { (0...65535).contains($0) ? $0 : nil }
            }
        }
        colors = try container.decodeIfPresent([String: String].self, forKey: .colors).map {
            try Self.parsed($0, in: container, key: .colors) { ClassColor($0) }
        }
        guard [threshold != nil, values != nil, colors != nil].filter({ $0 }).count <= 1 else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "a mask has one of threshold, values and colors, not more"))
        }
        if let problem = placeProblem {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: problem))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        if !files.isEmpty { try container.encode(files, forKey: .files) }
        try container.encodeIfPresent(array, forKey: .array)
        try container.encodeIfPresent(key, forKey: .key)
        try container.encodeIfPresent(layout, forKey: .layout)
        try container.encodeIfPresent(runs, forKey: .runs)
        try container.encodeIfPresent(coco, forKey: .coco)
        if !geojson.isEmpty { try container.encode(geojson, forKey: .geojson) }
        try container.encodeIfPresent(property, forKey: .property)
        try container.encodeIfPresent(crowd, forKey: .crowd)
        try container.encodeIfPresent(labels, forKey: .labels)
        try container.encodeIfPresent(outside, forKey: .outside)
        try container.encodeIfPresent(threshold, forKey: .threshold)
        try container.encodeIfPresent(band, forKey: .band)
        try container.encodeIfPresent(className, forKey: .className)
        if let values {
            try container.encode(
                Dictionary(uniqueKeysWithValues: values.map { (String($0.key), $0.value) }),
                forKey: .values)
        }
        if let colors {
            try container.encode(
                Dictionary(uniqueKeysWithValues: colors.map { ($0.key.description, $0.value) }),
                forKey: .colors)
        }
    }

    /// Whether the mask is drawn from shapes with labels, and not from stored values.
    var isShapes: Bool { runs != nil || coco != nil || !geojson.isEmpty }

    /// The labels that shapes may carry, in the order by which they are numbered.
    func labelNames(_ description: DatasetDescription) -> [String] {
        let classes = labelNames(classes: description.classes.map(\.name))
        guard labels == nil, !geojson.isEmpty, property == nil, description.kind == .softmax else {
            return classes
        }
        // Polygons without labels are what the rest of the image is not.
        return classes.filter { $0 != outside ?? "background" }
    }

    /// The labels that rows of a table may carry.
    func labelNames(classes: [String]) -> [String] {
        labels.map { $0.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } } ?? classes
    }

    /// What is wrong with where the mask is said to be.
    private var placeProblem: String? {
        let places = [
            !files.isEmpty, array != nil, runs != nil, coco != nil, !geojson.isEmpty,
        ].filter { $0 }.count
        guard places == 1 else {
            return "a mask has one of files, array, runs, coco and geojson, got \(places) of them"
        }
        guard array != nil || (key == nil && layout == nil) else {
            return "key and layout are for arrays"
        }
        guard crowd == nil || coco != nil else { return "crowd is for coco" }
        guard property == nil || !geojson.isEmpty else { return "property is for geojson" }
        guard geojson.isEmpty || labels == nil || property != nil else {
            return "labels of geojson need the property that holds them"
        }
        if isShapes {
            guard threshold == nil, values == nil, colors == nil, band == nil, className == nil
            else {
                return "a mask of shapes takes labels and outside,"
                    + " not threshold, values, colors, band or class"
            }
        } else if labels != nil || outside != nil {
            return "labels and outside are for masks of shapes (runs, coco, geojson)"
        }
        return nil
    }

    private static func parsed<Key: Hashable>(
        _ table: [String: String], in container: KeyedDecodingContainer<CodingKeys>,
        key: CodingKeys, _ parse: (String) -> Key?
    ) throws -> [Key: String] {
        var result: [Key: String] = [:]
        for text in table.keys.sorted() {
            guard let value = parse(text) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container,
                    debugDescription: key == .colors
                        ? "not a colour, expected red,green,blue or #rrggbb, got '\(text)'"
                        : "not a mask value, expected 0 to 65535, got '\(text)'")
            }
            guard result.updateValue(table[text] ?? "", forKey: value) == nil else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container, debugDescription: "'\(text)' is there twice")
            }
        }
        return result
    }
}
