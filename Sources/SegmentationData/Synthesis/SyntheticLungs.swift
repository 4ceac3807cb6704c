import TensorCore

/// Grey X-rays of two hospitals and masks with soft edges, in the layout of the Shenzhen and
/// Montgomery sets (Jaeger et al. 2014).
struct SyntheticLungs: SyntheticScenes {
    let seed: UInt64
    let size: ImageSize

    static let hospitals = ["CHNCXR", "MCUCXR"]

    private static func name(_ number: Int) -> String {
        "\(hospitals[number % 2])_\(padded(number)).png"
    }

    func files(count: Int) -> [String] {
        (0..<count).flatMap { ["images/\(Self.name($0))", "masks/\(Self.name($0))"] }
    }

    func owns(_ file: String) -> Bool {
        for start in ["images/", "masks/"] where file.hasPrefix(start) && file.hasSuffix(".png") {
            let stem = file.dropFirst(start.count).dropLast(4).split(separator: "_")
            return stem.count == 2 && Self.hospitals.contains(String(stem[0]))
                && stem[1].allSatisfy { $0.isASCII && $0.isNumber }
        }
        return false
    }

    func write(_ number: Int, to folder: String) throws {
        let scene = LungScene(seed: seed, number: number, size: size)
        for (inner, values) in [("images", scene.image), ("masks", scene.mask)] {
            try ImageWriter.writeGrey(
                values, height: size.height, width: size.width,
                to: "\(folder)/\(inner)/\(Self.name(number))")
        }
    }

    func finish(_ rests: [Void], in folder: String) throws {}

    let dataset = """
        name: synthetic-lungs
        images: {files: "images/*.png", bands: [xray]}
        masks: {files: "masks/*.png", threshold: 128}
        classes: [{name: lung, color: "0,160,255"}]
        split: {train: 0.65, validation: 0.15, test: 0.2, seed: 1}

        """

    var readme: (title: String, table: String) {
        (
            "Synthetic chest X-rays",
            """
            | file | contents |
            |---|---|
            | `images/CHNCXR_NNNN.png`, `images/MCUCXR_NNNN.png` | \(size) pixels, grey; two hospitals with contrasts of their own |
            | `masks/….png` | 255 in the lungs, 0 outside, soft edges between: threshold at 128 |
            """
        )
    }
}
