import TensorCore

/// Three TIFF files a scene, in the sea-ice competition's layout.
struct SyntheticSeaIce: SyntheticScenes {
    let seed: UInt64

    private static let suffixes = ["vis", "sar", "ref"]

    private static func name(_ number: Int, _ suffix: String) -> String {
        "\(padded(number))_\(suffix).tiff"
    }

    func files(count: Int) -> [String] {
        (0..<count).flatMap { scene in Self.suffixes.map { Self.name(scene, $0) } }
    }

    func owns(_ file: String) -> Bool {
        guard let end = file.firstIndex(of: "_") else { return false }
        return file[..<end].allSatisfy { $0.isASCII && $0.isNumber }
            && Self.suffixes.contains { file[end...] == "_\($0).tiff" }
    }

    func write(_ number: Int, to folder: String) throws {
        let scene = SeaIceScene(seed: seed, number: number)
        for (suffix, image) in [("vis", scene.visible), ("sar", scene.radar)] {
            try write(
                image.values.map { UInt8($0) }, bands: image.bands, height: image.height,
                width: image.width, to: "\(folder)/\(Self.name(number, suffix))")
        }
        try write(
            scene.truth.labels, bands: 1, height: scene.truth.height, width: scene.truth.width,
            to: "\(folder)/\(Self.name(number, "ref"))")
    }

    func finish(_ rests: [Void], in folder: String) throws {}

    private func write(
        _ values: [UInt8], bands: Int, height: Int, width: Int, to path: String
    ) throws {
        // Bands side by side, as every viewer expects of a picture.
        let layout = TIFFWriter.Layout(
            height: height, width: width, bands: bands, sampleType: .unsigned8,
            separatePlanes: false)
        try TIFFWriter.write(to: path, layout: layout) { try $0.writeRows(values) }
    }

    let dataset = """
        name: synthetic-sea-ice
        images:
          - files: "*_vis.tiff"
            bands: [red, green, blue]
          - files: "*_sar.tiff"
            bands: [sar]
        masks:
          files: "*_ref.tiff"
          values: {0: background, 1: ice}
        classes:
          - {name: ice, color: "#ffd21f"}
        kind: sigmoid
        size: [240, 240]
        split: {train: 0.7, validation: 0.15, test: 0.15, seed: 1}

        """

    let readme = (
        title: "Synthetic sea ice",
        table: """
        | file | pixels | bands |
        |---|---|---|
        | `NNNN_vis.tiff` | 240x240, u8 | red, green, blue: a camera; cloud hides ice and looks like it |
        | `NNNN_sar.tiff` | 720x720, u8 | radar amplitude with speckle; wind-roughened water looks like ice |
        | `NNNN_ref.tiff` | 240x240, u8 | truth: 1 ice, 0 water (new grey ice counts as water) |
        """
    )
}
