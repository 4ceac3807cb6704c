import DurableFiles
import Foundation

/// JPEG pictures and `train.csv` with one row per picture and class, in the layout of the cloud
/// challenge (Rasp et al., "Combining crowdsourcing and deep learning to explore the mesoscale
/// organization of shallow convection", BAMS 101, 2020).
struct SyntheticClouds: SyntheticScenes {
    let seed: UInt64
    let size: ImageSize

    private static func picture(_ number: Int) -> String { "\(padded(number)).jpg" }

    func files(count: Int) -> [String] {
        (0..<count).map { "train_images/\(Self.picture($0))" } + ["train.csv"]
    }

    func owns(_ file: String) -> Bool {
        if file == "train.csv" { return true }
        guard file.hasPrefix("train_images/"), file.hasSuffix(".jpg") else { return false }
        return file.dropFirst("train_images/".count).dropLast(4)
            .allSatisfy { $0.isASCII && $0.isNumber }
    }

    /// - Returns: the picture's rows of the table.
    func write(_ number: Int, to folder: String) throws -> String {
        let scene = CloudScene(seed: seed, number: number, size: size)
        let name = Self.picture(number)
        try ImageWriter.writeJPEG(scene.picture, to: "\(folder)/train_images/\(name)")
        return zip(CloudScene.classes, scene.masks).map { pattern, mask in
            let runs = RunLengths(mask: mask, height: size.height, width: size.width)
            return "\(name)_\(pattern),\(runs.text)\n"
        }.joined()
    }

    func finish(_ rests: [String], in folder: String) throws {
        let table = "Image_Label,EncodedPixels\n" + rests.joined()
        try DurableFile.write(Data(table.utf8), to: "\(folder)/train.csv")
    }

    let dataset = """
        name: synthetic-clouds
        images: {files: "train_images/*.jpg", bands: [red, green, blue]}
        masks: {runs: train.csv}
        classes:
          - {name: Fish, color: "255,0,0"}
          - {name: Flower, color: "0,255,0"}
          - {name: Sugar, color: "0,0,255"}
          - {name: Gravel, color: "255,255,255"}
        kind: sigmoid
        split: {train: 0.7, validation: 0.15, test: 0.15, seed: 1}

        """

    var readme: (title: String, table: String) {
        (
            "Synthetic cloud patterns",
            """
            | file | contents |
            |---|---|
            | `train_images/NNNN.jpg` | \(size) pixels, red green blue: shallow clouds over the sea |
            | `train.csv` | `Image_Label,EncodedPixels`: one row per picture and class (Fish, Flower, Sugar, Gravel), runs counted from 1 down the columns, empty where there is none; regions may overlap |
            """
        )
    }
}
