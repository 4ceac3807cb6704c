import TensorCore

/// Large pictures from above with colour-coded references, in the manner of the ISPRS benchmark
/// (Rottensteiner et al. 2012); the last one is the test image.
struct SyntheticAerial: SyntheticScenes {
    let seed: UInt64
    let size: ImageSize
    let count: Int

    private func name(_ number: Int) -> String {
        number == count - 1 ? "test" : "train\(padded(number))"
    }

    func files(count: Int) -> [String] {
        // A single one names the folders.
        (0..<count).flatMap { ["images/\(name($0)).png", "references/\(name($0)).png"] }
    }

    func owns(_ file: String) -> Bool {
        for folder in ["images/", "references/"] where file.hasPrefix(folder) {
            let name = file.dropFirst(folder.count)
            guard name.hasSuffix(".png") else { return false }
            let stem = name.dropLast(4)
            return stem == "test"
                || stem.hasPrefix("train")
                    && stem.dropFirst(5).allSatisfy { $0.isASCII && $0.isNumber }
        }
        return false
    }

    func write(_ number: Int, to folder: String) throws {
        // The test image is always the same one, however many train.
        let scene = AerialScene(
            seed: seed, number: number == count - 1 ? 1_000_000 : number, size: size)
        try ImageWriter.writeRGB(scene.picture, to: "\(folder)/images/\(name(number)).png")
        var colors = [UInt8](repeating: 0, count: 3 * scene.labels.count)
        for (pixel, label) in scene.labels.enumerated() {
            let color = AerialScene.colors[Int(label)]
            colors[3 * pixel] = color.red
            colors[3 * pixel + 1] = color.green
            colors[3 * pixel + 2] = color.blue
        }
        try ImageWriter.writeRGB(
            Picture(height: size.height, width: size.width, values: colors),
            to: "\(folder)/references/\(name(number)).png")
    }

    func finish(_ rests: [Void], in folder: String) throws {}

    let dataset = """
        name: synthetic-aerial
        images: {files: "images/*.png", bands: [red, green, blue]}
        masks:
          files: "references/*.png"
          colors:
            "255,255,255": impervious
            "0,0,255": building
            "0,255,255": low-vegetation
            "0,255,0": tree
            "255,255,0": car
            "255,0,0": clutter
        classes:
          - {name: impervious, color: "255,255,255"}
          - {name: building, color: "0,0,255"}
          - {name: low-vegetation, color: "0,255,255"}
          - {name: tree, color: "0,255,0"}
          - {name: car, color: "255,255,0"}
          - {name: clutter, color: "255,0,0"}
        kind: softmax
        patch: {size: [64, 64], stride: [64, 64]}
        group: patch
        split: {train: "train*", test: "test*"}

        """

    var readme: (title: String, table: String) {
        (
            "Synthetic aerial pictures",
            """
            | file | contents |
            |---|---|
            | `images/trainNNNN.png`, `images/test.png` | \(size) pixels, red green blue, from above |
            | `references/….png` | white impervious, blue building, cyan low vegetation, green tree, yellow car, red clutter |
            """
        )
    }
}
