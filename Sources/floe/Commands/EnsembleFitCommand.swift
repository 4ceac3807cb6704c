import ArgumentParser
import DurableFiles
import Ensembling
import Reporting
import TensorCore

struct EnsembleFitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fit",
        abstract: "Fit what follows the members, on predictions they were not trained for.",
        discussion: """
            With --postprocessing it searches, class by class, the threshold and the minimum \
            component size of the grid in the recipe's postprocessing.search. Every training image \
            is predicted by the members whose bag left it out, or every validation image by all \
            members. What was found and gained is written into the new manifest, and whether the gain \
            is optimistic because the same images chose the members' epochs; an out-of-bag score is \
            computed again. The test split is refused: what is fitted on it no longer measures \
            anything.

            With --early-exit it finds, on validation images, when members may be left out where only \
            masks are wanted, so that at most 0.01 % to 5 % of the pixels differ from the whole \
            ensemble's. Half of the images are held back to test that. floe predict --exit-risk uses it.

            Example:

              floe ensemble fit ensemble.json --postprocessing --data clouds.yaml --out fitted.json
              floe ensemble fit fitted.json --early-exit --data clouds.yaml --out quick.json
            """)

    @Argument(help: ArgumentHelp("The ensemble's manifest.", valueName: "ensemble.json"))
    var ensemble: String

    @Option(help: ArgumentHelp("What the members were trained on.", valueName: "recipe|dir"))
    var data: String

    @Option(
        help: ArgumentHelp(
            "out-of-bag or validation (default: out-of-bag; with --early-exit validation).",
            valueName: "split"))
    var split: String?

    @Option(help: ArgumentHelp("The manifest to write.", valueName: "ensemble.json"))
    var out: String

    @Flag(help: "Search thresholds and minimum component sizes.")
    var postprocessing = false

    @Flag(help: "Find when members may be left out where only masks are wanted.")
    var earlyExit = false

    @Flag(help: "Direct convolution only, no Winograd.")
    var exact = false

    @OptionGroup var compute: ThreadsOption
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard postprocessing != earlyExit else {
            throw ValidationError("Name what to fit: --postprocessing or --early-exit")
        }
    }

    func run() throws {
        let name = split ?? PostProcessingFit.Split.outOfBag.rawValue
        guard let split = PostProcessingFit.Split(rawValue: name) else {
            throw FloeError(
                .usage, "--split", expected: "out-of-bag or validation", got: name,
                advice: "what is fitted on the split that is reported no longer measures anything")
        }
        try compute.apply()
        let opened = try EnsembleStore.open(NamedScene.manifest(of: ensemble))
        let named = try NamedData(data)
        let fitter = EnsembleFitter(
            opened, dataset: named.dataset, evaluation: named.evaluation,
            postprocessing: named.postprocessing,
            backend: OneDNNBackend(exact ? .exact : .byShape))
        if earlyExit { return try fitEarlyExit(fitter) }
        let printer = CountPrinter(output, unit: "images")
        let fitted = try fitter.fitPostProcessing(on: split) { done, _ in printer.update(done) }
        printer.finish()
        let written = try fitter.write(fitted, to: out)
        if opened.manifest.scores?.outOfBag != nil, written.manifest.scores?.outOfBag == nil {
            Console.note(
                "note: the out-of-bag score was the former masks' and is now null; "
                    + "floe ensemble build \(out) --out \(out) --data RECIPE fills it in, with the "
                    + "recipe that the members were trained with")
        }
        if opened.manifest.earlyExit != nil, written.manifest.earlyExit == nil {
            Console.note(
                "note: early exit was fitted for the former masks and is left out; fit it again")
        }
        if let fit = written.manifest.postprocessing?.fit { try Console.print(fit.text) }
        try Console.print("\(out): " + EnsembleText.summary(written))
    }
}
