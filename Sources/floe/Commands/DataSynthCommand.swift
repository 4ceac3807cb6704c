import ArgumentParser
import DurableFiles
import SegmentationData

struct DataSynthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synth",
        abstract: "Write a synthetic sea-ice data set.",
        discussion: """
            Each scene is a camera image (NNNN_vis.tiff, 240x240, red green blue), a radar image \
            (NNNN_sar.tiff, 720x720) and the truth (NNNN_ref.tiff, 240x240, 1 is ice). A \
            dataset.yaml that describes them is written last. The same seed gives the same bytes.

            Example, 60 scenes and what is in them:

              floe data synth --out ice --count 60 --seed 1
              floe data inspect ice
            """)

    @Option(help: ArgumentHelp("Folder to write; new, empty, or this set's own.", valueName: "dir"))
    var out: String

    @Option(help: ArgumentHelp("Number of scenes.", valueName: "n"))
    var count = 60

    @Option(help: ArgumentHelp("Which scenes.", valueName: "s"))
    var seed: UInt64 = 1

    @OptionGroup var output: OutputOptions

    func run() throws {
        try SynthesisFolder.prepare(out, count: count, seed: seed)
        let printer = CountPrinter(output, unit: "scenes", total: count)
        try SyntheticSeaIce.write(to: out, count: count, seed: seed) { done in
            StopPoint.check()
            printer.update(done)
        }
        printer.finish()
        try Console.print("\(out): \(count) scenes of seed \(seed)")
    }
}
