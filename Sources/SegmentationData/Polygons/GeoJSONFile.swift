import DurableFiles
import Foundation

/// The polygons of a GeoJSON file with their labels, in the file's order.
struct GeoJSONFile {
    private static let largestFile = 1 << 30
    /// The text of one feature; about half a million vertices.
    private static let largestElement = 1 << 24
    private static let areas = "Polygon, MultiPolygon or GeometryCollection"

    struct Feature {
        /// Where it is in the file, for messages.
        var place: String
        /// A position in the rule's labels.
        var label: Int
        /// Each a list of rings, which are ranges of the file's points.
        var polygons: [[Range<Int>]]
    }

    private(set) var features: [Feature] = []
    private(set) var points: [PolygonFill.Point] = []
    private let path: String
    private let property: String?
    private let labels: [String]
    private let places: [String: Int]
    /// Those of labels that are numbers: `2` is also written as `2.0` or `2e0`.
    private let numbers: [Double: Int]

    /// - Throws: `FloeError` of kind `.badData` for anything that is not such a file, for a feature
    ///   without a class or of one that is none of the rule's labels, for geometries without an area,
    ///   and for coordinates that the file itself calls those of a map.
    init(reading path: String, _ rule: GeoJSONPolygons.Rule) throws {
        self.path = path
        property = rule.property
        labels = rule.labels
        places = Dictionary(
            zip(rule.labels, rule.labels.indices), uniquingKeysWith: { first, _ in first })
        numbers = Dictionary(
            rule.labels.enumerated().compactMap { place, label in
                Self.number(label).map { ($0, place) }
            }, uniquingKeysWith: { first, _ in first })
        let data = try DurableFile.read(path, limit: Self.largestFile)
        var members: [String: JSONValue] = [:]
        func keep(_ key: String, _ value: JSONValue) { members[key] = value }
        let keys = try BoundedJSON.forEachElement(
            ofLists: ["features"], in: data, file: path, largest: Self.largestElement,
            others: keep
        ) { list, number, value in
            try add(feature: JSONEntry(value, "\(list)[\(number)]", path))
        }
        let whole = JSONEntry(.object(members), "", path)
        if whole.member("crs") != .null {
            throw whole.refusal(
                "coordinates of a map ('crs')", expected: "coordinates in pixels",
                advice: "convert them, or remove 'crs' where they are pixels")
        }
        switch whole.member("type") {
        case .string("FeatureCollection"):
            guard keys.contains("features") else { throw whole.refusal("no 'features'") }
        case .string("Feature"): try add(feature: whole)
        case .string("Polygon"), .string("MultiPolygon"), .string("GeometryCollection"):
            try add(geometry: .object(members), of: whole)
        case let other:
            throw whole.refusal(
                "not GeoJSON", expected: "the type FeatureCollection, Feature, \(Self.areas)",
                got: Self.text(other).map { "'\($0.shortened)'" } ?? other.kindInWords)
        }
    }

    private mutating func add(feature entry: JSONEntry) throws {
        guard entry.member("type") == .string("Feature") else {
            throw entry.refusal("not a feature", expected: "the type Feature")
        }
        guard entry.has("geometry") else { throw entry.refusal("no 'geometry'") }
        // A feature may have no place (RFC 7946, section 3.2).
        guard entry.member("geometry") != .null else { return }
        try add(geometry: entry.member("geometry"), of: entry)
    }

    private mutating func add(geometry: JSONValue, of entry: JSONEntry) throws {
        let polygons = try polygons(of: geometry, entry)
        guard !polygons.isEmpty else { return }
        features.append(
            Feature(place: entry.place, label: try label(of: entry), polygons: polygons))
    }

    /// Empty coordinates are no polygon (RFC 7946, section 3.1).
    private mutating func polygons(
        of geometry: JSONValue, _ entry: JSONEntry
    ) throws -> [[Range<Int>]] {
        let object = JSONEntry(geometry, entry.place, path)
        func list(_ key: String) throws -> [JSONValue] {
            guard case .array(let values) = object.member(key) else {
                throw entry.refusal("no '\(key)'", expected: "a list")
            }
            return values
        }
        switch object.member("type") {
        case .string("Polygon"):
            let rings = try list("coordinates")
            return rings.isEmpty ? [] : [try rings.map { try ring($0, entry) }]
        case .string("MultiPolygon"):
            return try list("coordinates").compactMap { polygon in
                guard case .array(let rings) = polygon else {
                    throw entry.refusal("not a polygon", expected: "a list of rings")
                }
                return rings.isEmpty ? nil : try rings.map { try ring($0, entry) }
            }
        case .string("GeometryCollection"):
            // How deep they may stand in one another, the parser limits.
            return try list("geometries").flatMap { try polygons(of: $0, entry) }
        case let other:
            throw entry.refusal(
                "a geometry without an area", expected: Self.areas,
                got: Self.text(other).map { "'\($0.shortened)'" } ?? other.kindInWords)
        }
    }

    /// A ring's points; whether the last repeats the first, as it should, makes no difference.
    private mutating func ring(_ value: JSONValue, _ entry: JSONEntry) throws -> Range<Int> {
        guard case .array(let positions) = value else {
            throw entry.refusal("not a ring", expected: "a list of positions")
        }
        let start = points.count
        for position in positions {
            // A third number is a height.
            guard case .array(let numbers) = position, numbers.count >= 2 else {
                throw entry.refusal("not a position", expected: "[x, y]")
            }
            points.append(
                PolygonFill.Point(
                    x: try entry.coordinate(numbers[0]), y: try entry.coordinate(numbers[1])))
        }
        if points.count > start + 1, points.last == points[start] { points.removeLast() }
        guard points.count >= start + 3 else {
            throw entry.refusal(
                "a ring of too few points", expected: "at least 3", got: "\(points.count - start)")
        }
        return start..<points.count
    }

    private func label(of entry: JSONEntry) throws -> Int {
        guard let property else { return 0 }
        let found = Self.value(property[...], in: entry.member("properties"))
        guard let text = found.flatMap(Self.text) else {
            throw entry.refusal(
                "no property '\(property.shortened)'", expected: "a text or a number",
                got: found?.kindInWords)
        }
        guard let place = places[text] ?? numbered(found) else {
            throw entry.refusal(
                "an unknown class", expected: labels.joined(separator: " or "),
                got: "'\(text.shortened)'")
        }
        return place
    }

    /// The place of a label that is the same number in other digits: tables with a gap write whole
    /// numbers with a fraction.
    private func numbered(_ value: JSONValue?) -> Int? {
        guard case .number(let text)? = value else { return nil }
        return Self.number(text).flatMap { numbers[$0] }
    }

    /// Nil where several whole numbers would be one.
    private static func number(_ text: String) -> Double? {
        Double(text).flatMap { abs($0) < 0x1p53 ? $0 : nil }
    }

    /// A property by its name, or by names of objects in one another with dots between them; names
    /// may hold dots too.
    private static func value(_ name: Substring, in properties: JSONValue) -> JSONValue? {
        guard case .object(let members) = properties else { return nil }
        if let value = members[String(name)] { return value }
        for dot in name.indices where name[dot] == "." {
            if let inner = members[String(name[..<dot])],
                let value = value(name[name.index(after: dot)...], in: inner)
            {
                return value
            }
        }
        return nil
    }

    private static func text(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text), .number(let text): text
        case .bool(let value): value ? "true" : "false"
        default: nil
        }
    }
}
