import DurableFiles
import Foundation
import TensorCore
import TestSupport
import Testing

@testable import SegmentationData

@Suite struct GeoJSONPolygonsTests {
    private static let box = "[[[1, 1], [4, 1], [4, 3], [1, 3], [1, 1]]]"

    private static func polygon(_ coordinates: String) -> String {
        #"{"type": "Polygon", "coordinates": \#(coordinates)}"#
    }

    private static func feature(
        _ geometry: String, _ properties: String = #"{"class": "fish"}"#
    ) -> String {
        #"{"type": "Feature", "properties": \#(properties), "geometry": \#(geometry)}"#
    }

    private static func collection(_ features: [String]) -> String {
        #"{"type": "FeatureCollection", "name": "x", "features": ["#
            + features.joined(separator: ",\n") + "]}"
    }

    /// The target of an image of 4 x 6 pixels with this file beside it.
    private func target(
        _ text: String,
        mask: MaskSource = MaskSource(geojson: ["shapes/*.geojson"], property: "class"),
        kind: OutputKind = .sigmoid, classes: [String] = ["fish", "weed"]
    ) throws -> SegmentationTarget {
        try Fixtures.withFolder { root in
            try Fixtures.writeGrey(
                [UInt8](repeating: 3, count: 24), height: 4, width: 6, to: "\(root)/a.png")
            try FileManager.default.createDirectory(
                atPath: "\(root)/shapes", withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(root)/shapes/a.geojson"))
            let dataset = try SegmentationDataset.open(
                DatasetDescription(
                    root: root, images: [BandSource(files: ["*.png"])], masks: [mask],
                    classes: classes.map { ClassDescription(name: $0) }, kind: kind))
            return try dataset.sample(at: 0).target
        }
    }

    private func planes(_ fish: String, _ weed: String = "000000 000000 000000 000000")
        -> SegmentationTarget
    {
        .planes(ClassPlanes(classes: 2, height: 4, width: 6, values: rows(fish) + rows(weed)))
    }

    private func rows(_ text: String) -> [UInt8] { text.utf8.filter { $0 > 32 }.map { $0 - 48 } }

    @Test func featuresFillThePlanesOfTheirClasses() throws {
        let text = Self.collection([
            Self.feature(Self.polygon(Self.box)),
            Self.feature(
                #"{"type": "MultiPolygon", "coordinates": [[[[0, 0], [2, 0], [2, 2], [0, 2]]], "#
                    + "[[[5, 3, 80], [6, 3, 80], [6, 4, 80], [5, 4, 80], [5, 3, 80]]]]}",
                #"{"class": "weed", "area": 5.5}"#),
        ])
        #expect(
            try target(text)
                == planes("000000 011100 011100 000000", "110000 110000 000000 000001"))
    }

    @Test func innerRingsAreHolesAndCollectionsUnions() throws {
        let ring = "[[0, 0], [6, 0], [6, 4], [0, 4], [0, 0]]"
        let hole = "[[1, 1], [1, 3], [5, 3], [5, 1], [1, 1]]"
        let holed = Self.polygon("[\(ring), \(hole)]")
        #expect(
            try target(Self.collection([Self.feature(holed)]))
                == planes("111111 100001 100001 111111"))
        let both =
            #"{"type": "GeometryCollection", "geometries": [\#(holed), "#
            + #"{"type": "GeometryCollection", "geometries": [\#(Self.polygon(Self.box))]}]}"#
        #expect(try target(Self.feature(both)) == planes("111111 111101 111101 111111"))
    }

    @Test func laterFeaturesCoverEarlierOnes() throws {
        let text = Self.collection([
            Self.feature(Self.polygon("[[[0, 0], [3, 0], [3, 2], [0, 2]]]"), #"{"class": 2.0}"#),
            Self.feature(Self.polygon(Self.box), #"{"class": "1"}"#),
        ])
        let mask = MaskSource(
            geojson: ["shapes/*.geojson"], property: "class", labels: ["1": "fish", "2": "weed"])
        #expect(
            try target(text, mask: mask, kind: .softmax, classes: ["background", "fish", "weed"])
                == .labels(
                    LabelMap(
                        height: 4, width: 6, labels: rows("222000 211100 011100 000000"))))
    }

    @Test(arguments: [false, true])
    func theOrderMakesNoDifferenceWhereClassesMayOverlap(isReversed: Bool) throws {
        let features = [
            Self.feature(Self.polygon(Self.box)),
            Self.feature(
                Self.polygon("[[[0, 0], [3, 0], [3, 2], [0, 2]]]"), #"{"class": "unsure"}"#),
            Self.feature(Self.polygon("[[[0, 1], [2, 1], [2, 4], [0, 4]]]"), #"{"class": "no"}"#),
        ]
        let mask = MaskSource(
            geojson: ["shapes/*.geojson"], property: "class",
            labels: ["fish": "fish", "unsure": "ignore", "no": "background"])
        let found = try target(
            Self.collection(isReversed ? features.reversed() : features), mask: mask)
        let values = rows("999000 999100 011100 000000") + rows("999000 999000 000000 000000")
        #expect(
            found
                == .planes(
                    ClassPlanes(
                        classes: 2, height: 4, width: 6, values: values.map { $0 == 9 ? 255 : $0 })
                ))
    }

    /// Numbers are labels by their value, texts by their letters.
    @Test(arguments: [
        ("2.0", "2", true), ("2", "2.0", true), ("2e0", "2.0", true), ("0.50", "0.5", true),
        ("-1", "-1.0", true), (#""2.0""#, "2.0", true), (#""2.0""#, "2", false),
        ("2.5", "2", false),
        ("9007199254740993", "9007199254740993", true),
        ("9007199254740993", "9007199254740992", false), ("1e999", "inf", false),
        ("true", "true", true), ("true", "1", false),
    ])
    func numbersAsLabels(value: String, label: String, isOne: Bool) throws {
        let mask = MaskSource(
            geojson: ["shapes/*.geojson"], property: "class", labels: [label: "fish"])
        let text = Self.feature(Self.polygon(Self.box), #"{"class": \#(value)}"#)
        let found = Result { try target(text, mask: mask) }
        switch found {
        case .success(let target):
            #expect(isOne && target == planes("000000 011100 011100 000000"))
        case .failure(let error):
            #expect(!isOne)
            #expect((error as? FloeError)?.description.contains("an unknown class") == true)
        }
    }

    /// What stands as the label is preferred to what is only the same number.
    @Test func twoLabelsOfOneNumber() throws {
        let mask = MaskSource(
            geojson: ["shapes/*.geojson"], property: "class",
            labels: ["2": "weed", "2.0": "fish"])
        let empty = "000000 000000 000000 000000"
        let box = "000000 011100 011100 000000"
        for (value, expected) in [("2", planes(empty, box)), ("2.0", planes(box))] {
            let text = Self.feature(Self.polygon(Self.box), #"{"class": \#(value)}"#)
            #expect(try target(text, mask: mask) == expected)
        }
    }

    /// What is partly outside is cut off.
    @Test func polygonsMayReachOverTheEdge() throws {
        let text = Self.feature(Self.polygon("[[[4, -3], [9e6, -3], [9e6, 2], [4, 2]]]"))
        #expect(try target(text) == planes("000011 000011 000000 000000"))
    }

    /// QuPath keeps classes in an object.
    @Test func propertiesMayLieInObjects() throws {
        let mask = MaskSource(geojson: ["shapes/*.geojson"], property: "classification.name")
        for properties in [
            #"{"classification": {"name": "fish"}}"#, #"{"classification.name": "fish"}"#,
            #"{"classification": 3, "classification.name": "fish"}"#,
        ] {
            #expect(
                try target(Self.feature(Self.polygon(Self.box), properties), mask: mask)
                    == planes("000000 011100 011100 000000"))
        }
    }

    @Test func namesOfPropertiesMayHoldDots() throws {
        let mask = MaskSource(geojson: ["shapes/*.geojson"], property: "a.b.c.d")
        for properties in [
            #"{"a": {"b": {"c": {"d": "fish"}}}}"#, #"{"a.b": {"c.d": "fish"}}"#,
            #"{"a.b.c": {"d": "fish"}}"#, #"{"a": {"b.c": {"d": "fish"}}}"#,
            #"{"a": {"b": {"x": 1}}, "a.b": {"c": {"d": "fish"}}}"#,
        ] {
            #expect(
                try target(Self.feature(Self.polygon(Self.box), properties), mask: mask)
                    == planes("000000 011100 011100 000000"), "\(properties)")
        }
        let missing = Fixtures.error {
            _ = try target(
                Self.feature(Self.polygon(Self.box), #"{"a.b": {"c": 3}, "d": "fish"}"#), mask: mask
            )
        }
        #expect(missing?.description.contains("no property 'a.b.c.d'") == true)
    }

    @Test func withoutAPropertyThereIsOneClass() throws {
        let mask = MaskSource(geojson: ["shapes/*.geojson"])
        let bare = Self.polygon(Self.box)
        for text in [bare, Self.feature(bare, "null"), Self.collection([Self.feature(bare, "{}")])]
        {
            #expect(
                try target(text, mask: mask, kind: .softmax, classes: ["background", "house"])
                    == .labels(
                        LabelMap(
                            height: 4, width: 6, labels: rows("000000 011100 011100 000000"))))
        }
        let two = Fixtures.error { _ = try target(bare, mask: mask) }
        #expect(two?.kind == .usage && two?.expected == "data.masks.property")
    }

    @Test(arguments: [
        collection([]), collection([feature("null")]), collection([feature(polygon("[]"), "{}")]),
        #"{"type": "GeometryCollection", "geometries": []}"#,
        #"{"type": "MultiPolygon", "coordinates": [[]], "crs": null}"#,
    ])
    func noPolygonIsAnEmptyMask(text: String) throws {
        #expect(try target(text) == planes("000000 000000 000000 000000"))
    }

    @Test func theFileBelongsToItsImageAlone() throws {
        try Fixtures.withFolder { root in
            for name in ["a", "b"] {
                try Fixtures.writeGrey(
                    [UInt8](repeating: 3, count: 24), height: 4, width: 6, to: "\(root)/\(name).png"
                )
            }
            let text = Self.collection([])
            for name in ["a", "c"] {
                try Data(text.utf8).write(to: URL(fileURLWithPath: "\(root)/\(name).geojson"))
            }
            let description = DatasetDescription(
                root: root, images: [BandSource(files: ["*.png"])],
                masks: [MaskSource(geojson: ["*.geojson"])],
                classes: [ClassDescription(name: "fish")])
            let missing = Fixtures.error { _ = try SegmentationDataset.open(description) }
            #expect(missing?.description.contains("the mask of 'b' is missing") == true)
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(root)/b.geojson"))
            let dataset = try SegmentationDataset.open(description)
            #expect(dataset.unusedMasks.map { ($0 as NSString).lastPathComponent } == ["c.geojson"])
            #expect(dataset.files(at: 0).masks == ["\(root)/a.geojson"])
            let first = try dataset.fingerprint()
            try Data((text + " ").utf8).write(to: URL(fileURLWithPath: "\(root)/b.geojson"))
            #expect(try SegmentationDataset.open(description).fingerprint() != first)
        }
    }

    private static let deep =
        String(repeating: #"{"type": "GeometryCollection", "geometries": ["#, count: 5000)

    private static let refused: [(text: String, part: String)] = [
        ("", "not a JSON object"), ("[]", "not a JSON object"), ("{", "a key in quotes"),
        ("{}", "not GeoJSON, expected the type FeatureCollection"),
        (#"{"type": "Topology"}"#, "got 'Topology'"),
        (#"{"type": "FeatureCollection"}"#, "no 'features'"),
        (#"{"type": "FeatureCollection", "features": {}}"#, "'features' is not a list"),
        (collection(["3"]), "features[0]: not a feature"),
        (collection([polygon(box)]), "features[0]: not a feature"),
        (collection([#"{"type": "Feature", "properties": {}}"#]), "features[0]: no 'geometry'"),
        (collection([feature(#"{"type": "Point", "coordinates": [1, 1]}"#)]), "got 'Point'"),
        (feature("3"), "a geometry without an area"),
        (feature(#"{"type": "Polygon"}"#), "no 'coordinates'"),
        (feature(#"{"type": "GeometryCollection"}"#), "no 'geometries'"),
        (feature(#"{"type": "MultiPolygon", "coordinates": [3]}"#), "not a polygon"),
        (feature(polygon("[3]")), "not a ring"), (feature(polygon("[[3]]")), "not a position"),
        (feature(polygon("[[[1], [2], [3]]]")), "not a position"),
        (feature(polygon("[[]]")), "a ring of too few points"),
        (feature(polygon("[[[1, 1], [4, 1], [1, 1]]]")), "expected at least 3, got 2"),
        (feature(polygon("[[[1, 1], [4, 1], [4, 1e999]]]")), "a coordinate"),
        (feature(polygon("[[[1, 1], [4, 1], [4, -2e7]]]")), "a coordinate"),
        (feature(polygon("[[[1, 1], [4, 1], [4, NaN]]]")), "not JSON"),
        (feature(polygon(#"[[[1, 1], [4, 1], [4, "4"]]]"#)), "a coordinate"),
        (feature(polygon(box), #"{"class": "bird"}"#), "an unknown class"),
        (feature(polygon(box), "null"), "no property 'class'"),
        (feature(polygon(box), #"{"class": null}"#), "got null"),
        (feature(polygon(box), #"{"class": ["fish"]}"#), "got a list"),
        (polygon(box), "no property 'class'"),
        (deep, "nested too deeply"), (feature(deep), "nested too deeply"),
        // A map's coordinates: in metres, in degrees, and as the file itself says.
        (
            collection([
                feature(polygon(box)), feature(polygon("[[[4e5, 5e6], [5e5, 5e6], [5e5, 6e6]]]")),
            ]), "features[1]: outside of the image, expected x from 0 to 6 and y from 0 to 4"
        ),
        (
            feature(polygon("[[[2.29, 3.85], [2.31, 3.85], [2.31, 3.86]]]")),
            "all polygons lie within one pixel"
        ),
        (
            #"{"type": "FeatureCollection", "features": [], "crs": {"type": "name"}}"#,
            "coordinates of a map ('crs')"
        ),
    ]

    @Test(arguments: refused)
    func badFilesAreRefused(text: String, part: String) {
        let error = Fixtures.error { _ = try target(text) }
        #expect(error?.kind == .badData)
        #expect(error?.file?.hasSuffix("shapes/a.geojson") == true)
        #expect(error?.description.contains(part) == true, "\(String(describing: error))")
        #expect(error?.description.contains("\n") == false)
    }

    /// Nothing is read past what is there, and nothing but an error comes of it.
    @Test func everyCutIsAnError() throws {
        let whole = Self.collection([Self.feature(Self.polygon(Self.box))])
        for length in 0..<whole.utf8.count {
            let error = Fixtures.error { _ = try target(String(whole.prefix(length))) }
            #expect(error?.kind == .badData)
        }
    }

    @Test func keysThatDoNotFitAreRefused() throws {
        func decode(_ text: String) throws -> MaskSource {
            try JSONDecoder().decode(MaskSource.self, from: Data(text.utf8))
        }
        for text in [
            #"{"geojson": "a*", "files": "b*"}"#, #"{"coco": "a", "property": "class"}"#,
            #"{"geojson": "a*", "labels": {"a": "b"}}"#, #"{"geojson": "a*", "threshold": 3}"#,
            #"{"geojson": "a*", "crowd": "ignore"}"#, #"{"geojson": []}"#,
        ] {
            #expect(throws: DecodingError.self, "\(text)") { try decode(text) }
        }
        let mask = try decode(#"{"geojson": "a*", "property": "p", "labels": {"A": "a"}}"#)
        #expect(mask == MaskSource(geojson: ["a*"], property: "p", labels: ["A": "a"]))
        let again = try JSONDecoder().decode(MaskSource.self, from: JSONEncoder().encode(mask))
        #expect(again == mask)
    }

    @Test func imagesInAnArrayHaveNoNames() {
        let error = Fixtures.error {
            _ = try SegmentationDataset.open(
                DatasetDescription(
                    root: Fixtures.path("arrays"),
                    images: [BandSource(array: "nchw_f8.npy", layout: .nchw)],
                    masks: [MaskSource(geojson: ["*.geojson"])],
                    classes: [ClassDescription(name: "fish")]))
        }
        #expect(error?.kind == .usage)
    }
}
