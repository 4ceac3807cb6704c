import DurableFiles
import Foundation

/// A data set that `floe data synth` makes up, in the layout of one of five published systems.
///
/// The same layout, seed and size give the same bytes.
public struct SyntheticDataSet: Sendable {
    public enum Layout: String, CaseIterable, Sendable {
        /// TIFF triples of different sizes: camera, radar, truth.
        case seaIce = "sea-ice"
        /// JPEG pictures and one table of run lengths, four classes that overlap.
        case clouds
        /// Large pictures with colour-coded references.
        case aerial
        /// One NumPy archive of images and masks, some of them spoilt.
        case mars
        /// Grey X-rays of two hospitals and masks with soft edges.
        case lungs

        /// How many scenes there are unless somebody says otherwise.
        public var standardCount: Int { self == .aerial ? 2 : 60 }
        /// The size of a scene unless somebody says otherwise; nil where it is fixed.
        public var standardSize: ImageSize? {
            switch self {
            case .seaIce, .mars: nil
            case .clouds: ImageSize(height: 1400, width: 2100)
            case .aerial: ImageSize(height: 1024, width: 1024)
            case .lungs: ImageSize(height: 512, width: 512)
            }
        }
    }

    public let layout: Layout
    public let count: Int
    public let seed: UInt64
    /// Nil where the layout fixes it.
    public let size: ImageSize?
    private let scenes: any SyntheticScenes

    /// - Parameters:
    ///   - count: number of scenes; nil for the layout's own.
    ///   - size: of a scene; nil for the layout's own.
    /// - Throws: `FloeError` of kind `.usage` for a count out of range, a size of fewer than 64 or
    ///   more than 8192 pixels a side, and a size where the layout fixes it.
    public init(
        _ layout: Layout, count: Int? = nil, seed: UInt64 = 1, size: ImageSize? = nil
    ) throws {
        let count = count ?? layout.standardCount
        // The archive of the mars layout holds 16 KiB a scene and is made in memory.
        let most = layout == .mars ? 100_000 : 1_000_000
        let fewest = layout == .aerial ? 2 : 1
        guard (fewest...most).contains(count) else {
            throw FloeError(
                .usage, "a synthetic data set",
                expected: "\(fewest) to \(most) scenes"
                    + (layout == .aerial ? " (the last is the test image)" : ""),
                got: "\(count)")
        }
        if let size {
            guard layout.standardSize != nil else {
                throw FloeError(
                    .usage, "the layout '\(layout.rawValue)' has a size of its own",
                    expected: "no --size", got: "\(size)")
            }
            guard (64...8192).contains(size.height), (64...8192).contains(size.width) else {
                throw FloeError(
                    .usage, "the size of a synthetic scene", expected: "64 to 8192 pixels a side",
                    got: "\(size)")
            }
        }
        self.layout = layout
        self.count = count
        self.seed = seed
        self.size = size ?? layout.standardSize
        let pixels = self.size ?? ImageSize(height: 0, width: 0)
        scenes =
            switch layout {
            case .seaIce: SyntheticSeaIce(seed: seed)
            case .clouds: SyntheticClouds(seed: seed, size: pixels)
            case .aerial: SyntheticAerial(seed: seed, size: pixels, count: count)
            case .mars: SyntheticMars(seed: seed)
            case .lungs: SyntheticLungs(seed: seed, size: pixels)
            }
    }

    /// What makes this very set again.
    public var command: String {
        var text = "floe data synth"
        if layout != .seaIce { text += " --layout \(layout.rawValue)" }
        text += " --count \(count) --seed \(seed)"
        if let size, size != layout.standardSize { text += " --size \(size)" }
        return text
    }

    /// Folders that the set makes in its own.
    public var folders: [String] { scenes.folders }

    /// Whether a file, relative to the folder, belongs to a set of this layout.
    public func owns(_ file: String) -> Bool {
        ["README.md", "dataset.yaml"].contains(file) || scenes.owns(file)
    }

    /// Writes the scenes, then `README.md` and, last, `dataset.yaml`, which says that the set is
    /// whole.
    ///
    /// - Parameter progress: called with the number of scenes written so far, from any thread.
    /// - Throws: `FloeError` of kind `.usage` for a folder that holds scenes of another set, and
    ///   whatever writing a file throws.
    public func write(to folder: String, progress: (@Sendable (Int) -> Void)? = nil) throws {
        try write(scenes, to: folder, progress)
    }

    private func write<Scenes: SyntheticScenes>(
        _ scenes: Scenes, to folder: String, _ progress: (@Sendable (Int) -> Void)?
    ) throws {
        try DurableFile.createFolder(folder)
        let names = Set(scenes.files(count: count))
        for inner in [""] + folders {
            let path = inner.isEmpty ? folder : "\(folder)/\(inner)"
            if !inner.isEmpty { try DurableFile.createFolder(path) }
            let foreign = try DurableFile.listFolder(path).first { name in
                let file = inner.isEmpty ? name : "\(inner)/\(name)"
                return scenes.owns(file) && !names.contains(file)
            }
            if let foreign {
                throw FloeError(
                    .usage, file: folder, "holds scenes of another data set (\(foreign))",
                    expected: "an empty folder, or the same set again",
                    advice: "choose another --out")
            }
        }
        // It says that the set is whole, which it is not while another seed's scenes come in.
        try DurableFile.remove("\(folder)/dataset.yaml")
        let rests = try scenes.writeAll(count, to: folder, progress: progress)
        try scenes.finish(rests, in: folder)
        try DurableFile.write(Data(readme.utf8), to: "\(folder)/README.md")
        let first =
            "# Written by `floe data synth`; read by `floe data inspect DIR` and `--data DIR`.\n"
        try DurableFile.write(Data((first + scenes.dataset).utf8), to: "\(folder)/dataset.yaml")
    }

    private var readme: String {
        let (title, table) = scenes.readme
        return """
            # \(title)

            \(count) scenes, numbered from 0000, made by `\(command)`.

            \(table)

            The same seed gives the same bytes, and a scene does not depend on how many there are.
            `dataset.yaml` describes the layout.

            """
    }
}
