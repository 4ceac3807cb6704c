import DurableFiles
import Foundation
import Synchronization
import TensorCore

/// The data set of `floe data synth`: three TIFF files a scene, in the sea-ice competition's layout.
public enum SyntheticSeaIce {
    /// Writes `NNNN_vis.tiff`, `NNNN_sar.tiff` and `NNNN_ref.tiff` for numbers 0..<count, then
    /// `README.md` and, last, `dataset.yaml`, which says that the set is whole.
    ///
    /// The same seed gives the same bytes, and a scene does not depend on how many there are.
    /// - Parameter progress: called with the number of scenes written so far, from any thread.
    /// - Throws: `FloeError` of kind `.usage` for a count out of range or a folder that holds
    ///   scenes of another set, and whatever writing a file throws.
    public static func write(
        to folder: String, count: Int, seed: UInt64,
        progress: (@Sendable (Int) -> Void)? = nil
    ) throws {
        guard count >= 1, count <= 1_000_000 else {
            throw FloeError(
                .usage, "a synthetic data set", expected: "1 to 1000000 scenes", got: "\(count)")
        }
        try DurableFile.createFolder(folder)
        let names = Set((0..<count).flatMap { scene in suffixes.map { name(scene, $0) } })
        let foreign = try DurableFile.listFolder(folder).first { name in
            suffixes.contains { name.hasSuffix("_\($0).tiff") } && !names.contains(name)
        }
        if let foreign {
            throw FloeError(
                .usage, file: folder, "holds scenes of another data set (\(foreign))",
                expected: "an empty folder, or the same set again", advice: "choose another --out")
        }
        // It says that the set is whole, which it is not while another seed's scenes come in.
        try DurableFile.remove("\(folder)/dataset.yaml")
        let state = Mutex((done: 0, failure: FloeError?.none, other: (any Error)?.none))
        DispatchQueue.concurrentPerform(iterations: count) { number in
            guard state.withLock({ $0.failure == nil && $0.other == nil }) else { return }
            do {
                try writeScene(number, seed: seed, to: folder)
                let done = state.withLock { state in
                    state.done += 1
                    return state.done
                }
                progress?(done)
            } catch let error as FloeError {
                state.withLock { $0.failure = $0.failure ?? error }
            } catch {
                state.withLock { $0.other = error }
            }
        }
        let failure = state.withLock { $0.failure }
        if let failure { throw failure }
        if let other = state.withLock({ $0.other.map { "\($0)" } }) {
            throw FloeError(.inputOutput, file: folder, "could not write a scene: \(other)")
        }
        let readme = Data(Self.readme(count: count, seed: seed).utf8)
        try DurableFile.write(readme, to: "\(folder)/README.md")
        try DurableFile.write(Data(datasetYAML.utf8), to: "\(folder)/dataset.yaml")
    }

    static let suffixes = ["vis", "sar", "ref"]

    static func name(_ number: Int, _ suffix: String) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "_\(suffix).tiff"
    }

    private static func writeScene(_ number: Int, seed: UInt64, to folder: String) throws {
        let scene = SeaIceScene(seed: seed, number: number)
        for (suffix, image) in [("vis", scene.visible), ("sar", scene.radar)] {
            try write(
                image.values.map { UInt8($0) }, bands: image.bands, height: image.height,
                width: image.width, to: "\(folder)/\(name(number, suffix))")
        }
        try write(
            scene.truth.labels, bands: 1, height: scene.truth.height, width: scene.truth.width,
            to: "\(folder)/\(name(number, "ref"))")
    }

    private static func write(
        _ values: [UInt8], bands: Int, height: Int, width: Int, to path: String
    ) throws {
        // Bands side by side, as every viewer expects of a picture.
        let layout = TIFFWriter.Layout(
            height: height, width: width, bands: bands, sampleType: .unsigned8,
            separatePlanes: false)
        try TIFFWriter.write(to: path, layout: layout) { try $0.writeRows(values) }
    }

    /// What `dataset.yaml` says.
    public static var description: DatasetDescription {
        DatasetDescription(
            name: "synthetic-sea-ice",
            images: [
                BandSource(files: ["*_vis.tiff"], bands: ["red", "green", "blue"]),
                BandSource(files: ["*_sar.tiff"], bands: ["sar"]),
            ],
            masks: [MaskSource(files: ["*_ref.tiff"], values: [0: "background", 1: "ice"])],
            classes: [ClassDescription(name: "ice", color: ClassColor("#ffd21f"))],
            kind: .sigmoid, size: ImageSize(height: 240, width: 240))
    }

    static let datasetYAML = """
        # Written by `floe data synth`; read by `floe data inspect DIR` and `--data DIR`.
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

    private static func readme(count: Int, seed: UInt64) -> String {
        """
        # Synthetic sea ice

        \(count) scenes, numbered from 0000, made by `floe data synth --count \(count) --seed \(seed)`.

        | file | pixels | bands |
        |---|---|---|
        | `NNNN_vis.tiff` | 240x240, u8 | red, green, blue: a camera; cloud hides ice and looks like it |
        | `NNNN_sar.tiff` | 720x720, u8 | radar amplitude with speckle; wind-roughened water looks like ice |
        | `NNNN_ref.tiff` | 240x240, u8 | truth: 1 ice, 0 water (new grey ice counts as water) |

        The same seed gives the same bytes, and a scene does not depend on how many there are.
        `dataset.yaml` describes the layout.

        """
    }
}
