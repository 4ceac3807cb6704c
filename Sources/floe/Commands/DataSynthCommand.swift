import ArgumentParser
import DurableFiles
import SegmentationData

struct DataSynthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synth",
        abstract: "Write a synthetic data set.",
        discussion: """
            Layouts, each that of a published system: sea-ice (TIFF triples: camera 240x240, radar \
            720x720, truth), clouds (JPEG pictures and a table of run lengths, four classes that \
            overlap), aerial (large pictures with colour-coded references; the last is the test \
            image), mars (one NumPy archive of 64x128 images and masks, some spoilt), lungs (grey \
            X-rays of two hospitals). A README.md says what is in the files, and a dataset.yaml \
            that describes them is written last. The same seed gives the same bytes.

            Example, 60 scenes and what is in them:

              floe data synth --out ice --count 60 --seed 1
              floe data inspect ice
              floe data synth --layout clouds --size 350x525 --count 20 --out clouds
            """)

    @Option(help: ArgumentHelp("Folder to write; new, empty, or this set's own.", valueName: "dir"))
    var out: String

    @Option(
        help: ArgumentHelp(
            "What the files are: "
                + SyntheticDataSet.Layout.allCases.map(\.rawValue).joined(separator: ", ") + ".",
            valueName: "name"))
    var layout = SyntheticDataSet.Layout.seaIce

    @Option(
        help: ArgumentHelp(
            "Number of scenes; 60 by default, 2 for aerial (one trains, one tests).",
            valueName: "n"))
    var count: Int?

    @Option(help: ArgumentHelp("Which scenes.", valueName: "s"))
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp(
            "Height and width in pixels, 64 to 8192; clouds (1400x2100), aerial (1024x1024) and "
                + "lungs (512x512) only.", valueName: "hxw"))
    var size: SceneSize?

    @OptionGroup var output: OutputOptions

    func run() throws {
        let set = try SyntheticDataSet(layout, count: count, seed: seed, size: size?.size)
        try SynthesisFolder.prepare(out, for: set)
        let printer = CountPrinter(output, unit: "scenes", total: set.count)
        try set.write(to: out) { done in
            StopPoint.check()
            printer.update(done)
        }
        printer.finish()
        try Console.print("\(out): \(set.count) scenes of seed \(seed)")
    }
}

extension SyntheticDataSet.Layout: ExpressibleByArgument {}

/// `HEIGHTxWIDTH`, or one number for a square.
struct SceneSize: ExpressibleByArgument {
    let size: ImageSize

    init?(argument: String) {
        let parts = argument.lowercased().split(separator: "x", omittingEmptySubsequences: false)
            .map { Int($0) }
        guard (1...2).contains(parts.count), let height = parts[0], let width = parts.last ?? nil
        else { return nil }
        size = ImageSize(height: height, width: width)
    }
}
