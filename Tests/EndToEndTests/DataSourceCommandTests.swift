import Foundation
import Testing

/// Data sets in tables and arrays, as a user meets them: whole, and with something wrong.
@Suite struct DataSourceCommandTests {
    /// A header of NumPy and bytes behind it.
    private static func array(_ type: String, _ shape: String, _ bytes: [UInt8]) -> Data {
        let text = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }\n"
        let start: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.utf8.count), 0]
        return Data(start) + Data(text.utf8) + Data(bytes)
    }

    /// 20 samples of 16 x 16, the first band an image and the second its mask, a bright square.
    private static func mars(changing place: Int? = nil, to value: UInt8 = 9) -> [UInt8] {
        var bytes: [UInt8] = []
        for sample in 0..<20 {
            let inside = (0..<256).map { pixel in
                (4..<12).contains(pixel / 16)
                    && (2 + sample % 8..<8 + sample % 8).contains(pixel % 16)
            }
            bytes += inside.enumerated().map {
                UInt8($0.element ? 200 : 50) &+ UInt8(($0.offset + sample) % 7)
            }
            bytes += inside.map { $0 ? 1 : 0 }
        }
        if let place { bytes[place] = value }
        return bytes
    }

    private static let arrayDescription = """
        images: {array: train.npy, layout: NCHW, take: [0], bands: [grey]}
        masks: {array: train.npy, layout: NCHW, band: 1}
        classes: [soil, rock]
        """
    private static let tableDescription = """
        images: "*.png"
        masks: {runs: train.csv}
        classes: [fish, flower]
        kind: sigmoid
        """

    private func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    /// A folder of two pictures of 2 x 2 pixels with a table.
    private func table(_ rows: String, in folder: String) throws {
        let png = Data(
            base64Encoded:
                "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAAAAABX3VL4AAAADklEQVR4nGNgYGBgYAAAAAYAAXKCmeoAAAAASUVORK5CYII="
        )
        let picture = try #require(png)
        for name in ["a", "b"] {
            try picture.write(to: URL(fileURLWithPath: "\(folder)/\(name).png"))
        }
        try write(rows, to: folder + "/train.csv")
        try write(Self.tableDescription, to: folder + "/dataset.yaml")
    }

    @Test func arraysAreInspectedAndTrainedOn() throws {
        try withTemporaryFolder { folder in
            try Self.array("|u1", "(20, 2, 16, 16)", Self.mars()).write(
                to: URL(fileURLWithPath: folder + "/train.npy"))
            try write(Self.arrayDescription, to: folder + "/dataset.yaml")
            let inspected = try FloeProgram.run("data", "inspect", folder, "--json", "--quiet")
            #expect(inspected.code == 0, "\(inspected.error)")
            let object = try inspected.object()
            #expect(object["images"] as? Int == 20)
            #expect((object["problems"] as? [Any])?.isEmpty == true)
            let data = Self.arrayDescription.split(separator: "\n").map { "  \($0)" }
            try write(
                "data:\n" + data.joined(separator: "\n")
                    + "\nmodel: \"unet:4:1\"\ntraining: {epochs: 1}\nbagging: {members: 1}\n",
                to: folder + "/recipe.yaml")
            let trained = try FloeProgram.run(
                "train", folder + "/recipe.yaml", "--out", folder + "/run", "--quiet")
            #expect(trained.code == 0, "\(trained.error)")
        }
    }

    @Test(
        arguments: [
            ("(20, 2, 16, 16)", Self.mars(changing: 256), "unknown mask values"),
            ("(20, 2, 16, 16)", Array(Self.mars().dropLast()), "another size"),
            ("(40, 16, 16)", Self.mars(), "3 axes"),
        ] as [(String, [UInt8], String)])
    func wrongArraysAreOneLineAndExitThree(shape: String, bytes: [UInt8], part: String) throws {
        try withTemporaryFolder { folder in
            try Self.array("|u1", shape, bytes).write(
                to: URL(fileURLWithPath: folder + "/train.npy"))
            try write(Self.arrayDescription, to: folder + "/dataset.yaml")
            let outcome = try FloeProgram.run("data", "inspect", folder, "--quiet")
            #expect(outcome.code == 3)
            #expect(outcome.errorLines.count == 1)
            #expect((outcome.output + outcome.error).contains(part))
        }
    }

    /// A run that has begun goes on once the patch is right again.
    @Test func patchesLargerThanAnImageAreOneLineAndLoseNothing() throws {
        try withTemporaryFolder { folder in
            try Self.array("|u1", "(20, 2, 16, 16)", Self.mars()).write(
                to: URL(fileURLWithPath: folder + "/train.npy"))
            func recipe(patch: String) throws -> String {
                let data = (Self.arrayDescription + "\npatch: \(patch)")
                    .split(separator: "\n").map { "  \($0)" }
                let path = folder + "/recipe.yaml"
                try write(
                    "data:\n" + data.joined(separator: "\n")
                        + "\nmodel: \"unet:4:1\"\ntraining: {epochs: 1}\nbagging: {members: 1}\n",
                    to: path)
                return path
            }
            let run = folder + "/run"
            let failed = try FloeProgram.run(
                "train", recipe(patch: "[8, 24]"), "--out", run, "--quiet")
            #expect(failed.code == 3 && failed.errorLines.count == 1)
            for part in ["train.npy[0]", "16x16", "8x24"] {
                #expect(failed.error.contains(part), "\(failed.error)")
            }
            let trained = try FloeProgram.run("train", recipe(patch: "8"), "--out", run, "--quiet")
            #expect(trained.code == 0, "\(trained.error)")
        }
    }

    @Test func tablesOfRunsAreInspected() throws {
        try withTemporaryFolder { folder in
            try table(
                "Image_Label,EncodedPixels\na.png_fish,1 3\na.png_flower,2 1\nb.png_fish,\n",
                in: folder)
            let outcome = try FloeProgram.run("data", "inspect", folder, "--json", "--quiet")
            #expect(outcome.code == 0, "\(outcome.error)")
            let classes = try outcome.object()["classes"] as? [[String: Any]]
            #expect(classes?.compactMap { $0["pixels"] as? Int } == [3, 1])
        }
    }

    @Test(arguments: [
        ("Image_Label,EncodedPixels\na.png_fish,1 3\nb.png_fish,9 9\n", "past the end"),
        ("Image_Label,EncodedPixels\na.png_fish,1 3\nc.png_fish,1 1\n", "is missing"),
        ("Image_Label,EncodedPixels\na.png_fish,1\n", "line 2: an odd count"),
        ("name,runs\n", "header"),
    ])
    func wrongTablesAreOneLineAndExitThree(rows: String, part: String) throws {
        try withTemporaryFolder { folder in
            try table(rows, in: folder)
            let outcome = try FloeProgram.run("data", "inspect", folder, "--quiet")
            #expect(outcome.code == 3)
            #expect(outcome.errorLines.count == 1)
            #expect((outcome.output + outcome.error).contains(part), "\(outcome)")
        }
    }

    private static let shapesDescription = """
        images: "images/*.png"
        masks: {geojson: "shapes/*.geojson", property: kind, labels: {floe: ice, lead: background}}
        classes: [background, ice]
        split: {train: 2, validation: 1, test: 1}
        """

    /// Four pictures with a GeoJSON file each.
    private func shapes(_ coordinates: String, kind: String = "floe", in folder: String) throws {
        try table("", in: folder)
        let picture = try Data(contentsOf: URL(fileURLWithPath: folder + "/a.png"))
        for name in ["images", "shapes"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        }
        for number in 0..<4 {
            try picture.write(to: URL(fileURLWithPath: "\(folder)/images/\(number).png"))
            try write(
                """
                {"type": "FeatureCollection", "features": [{"type": "Feature",
                "properties": {"kind": "\(kind)"}, "geometry":
                {"type": "Polygon", "coordinates": \(coordinates)}}]}
                """, to: "\(folder)/shapes/\(number).geojson")
        }
        try write(Self.shapesDescription, to: folder + "/dataset.yaml")
    }

    @Test func shapesAreInspectedTrainedOnAndBuiltInto() throws {
        try withTemporaryFolder { folder in
            try shapes("[[[0, 0], [1, 0], [1, 2], [0, 2], [0, 0]]]", in: folder)
            let inspected = try FloeProgram.run("data", "inspect", folder, "--json", "--quiet")
            #expect(inspected.code == 0, "\(inspected.error)")
            let classes = try inspected.object()["classes"] as? [[String: Any]]
            #expect(classes?.compactMap { $0["pixels"] as? Int } == [8, 8])
            let data = (Self.shapesDescription + "\nsize: 16").split(separator: "\n")
                .map { "  \($0)" }
            try write(
                "data:\n" + data.joined(separator: "\n")
                    + "\nmodel: \"unet:4:1\"\ntraining: {epochs: 1}\nbagging: {members: 2}\n",
                to: folder + "/recipe.yaml")
            let trained = try FloeProgram.run(
                "train", folder + "/recipe.yaml", "--out", folder + "/run", "--quiet")
            #expect(trained.code == 0, "\(trained.error)")
            let built = try FloeProgram.run(
                "ensemble", "build", folder + "/run", "--out", folder + "/ensemble.json")
            #expect(built.code == 0, "\(built.error)")
        }
    }

    @Test(arguments: [
        ("[[[0, 0], [1, 0]]]", "floe", "features[0]: a ring of too few points"),
        ("[[[0, 0], [1, 0], [1, 2e9]]]", "floe", "features[0]: a coordinate"),
        ("[[[9, 9], [11, 9], [11, 12]]]", "floe", "features[0]: outside of the image"),
        ("[[[0, 0], [2, 0], [2, 2]]]", "berg", "expected floe or lead, got 'berg'"),
    ])
    func wrongShapesAreOneLineAndExitThree(coordinates: String, kind: String, part: String) throws {
        try withTemporaryFolder { folder in
            try shapes(coordinates, kind: kind, in: folder)
            let outcome = try FloeProgram.run("data", "inspect", folder, "--quiet")
            #expect(outcome.code == 3)
            #expect(outcome.errorLines.count == 1)
            #expect((outcome.output + outcome.error).contains(part), "\(outcome)")
        }
    }

    @Test(arguments: [
        ("[[0, 0, 2, 0, 2, 2, 0, 2]]", Int32(0), "2 images"),
        ("[[0, 0, 2, 0]]", 3, "not a polygon"),
        ("[[0, 0, 2, 0, 2, 1e999]]", 3, "a coordinate"),
    ])
    func polygonsAreInspectedOrRefused(polygon: String, code: Int32, part: String) throws {
        try withTemporaryFolder { folder in
            try table("", in: folder)
            try write(
                """
                {"images": [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "b.png"}],
                "categories": [{"id": 1, "name": "fish"}], "annotations": [
                {"image_id": 1, "category_id": 1, "segmentation": \(polygon)}]}
                """, to: folder + "/train.json")
            try write(
                Self.tableDescription.replacingOccurrences(
                    of: "runs: train.csv", with: "coco: train.json"),
                to: folder + "/dataset.yaml")
            let outcome = try FloeProgram.run("data", "inspect", folder, "--quiet")
            #expect(outcome.code == code)
            #expect(outcome.errorLines.count == (code == 0 ? 0 : 1))
            #expect((outcome.output + outcome.error).contains(part), "\(outcome)")
        }
    }
}
