import ArgumentParser
import DurableFiles
import SegmentationData
import Training

struct DataInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Count, measure and check a data set.",
        discussion: """
            Reads every file: numbers, sizes, bands, class balance and the weights that would even \
            it out, statistics, which classes occur together, duplicates and how to leave them \
            out, the split. Broken samples are listed, and the exit code is then 3.

            Example:

              floe data synth --out ice
              floe data inspect ice
              floe data inspect recipe.yaml --json
            """)

    @Argument(
        help: ArgumentHelp(
            "A recipe, a dataset.yaml, or a folder that holds one.", valueName: "recipe|dir"))
    var data: String

    @Option(
        help: ArgumentHelp(
            "List classes that this share of the images show together.", valueName: "0 to 1"))
    var minSupport = DatasetInspection.PatternLimits().support

    @Option(
        help: ArgumentHelp(
            "List what follows from them in this share of the cases.", valueName: "0 to 1"))
    var minConfidence = DatasetInspection.PatternLimits().confidence

    @OptionGroup var result: JSONOption
    @OptionGroup var output: OutputOptions

    func run() throws {
        let description = try RecipeLoader.loadDataset(data)
        let printer = CountPrinter(output, unit: "images")
        let inspection = try DatasetInspection.inspect(
            description, patterns: .init(support: minSupport, confidence: minConfidence)
        ) { done in
            StopPoint.check()
            printer.update(done)
        }
        printer.finish()
        if result.json {
            try Console.printJSON(inspection)
        } else {
            for line in InspectionText(inspection).lines { try Console.print(line) }
        }
        guard inspection.problems.isEmpty else {
            throw FloeError(
                .badData, file: description.root, "broken samples",
                expected: "none", got: "\(inspection.problems.count)")
        }
    }
}
