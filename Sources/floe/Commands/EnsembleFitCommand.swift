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
            Every training image is predicted by the members whose bag left it out, or every \
            validation image by all members. On these it finds, in this order, each seeing the \
            result of those before: the members (--select), their weights (--weights), their order \
            (--order), a temperature (--temperature), and thresholds (--thresholds) or, class by \
            class, the threshold and the minimum component size of the grid in the recipe's \
            postprocessing.search (--postprocessing).

            Members and order are scored by the mean of per-image Dice before post-processing, on \
            up to 65536 pixels of each image; weights and temperature by the log loss, on up to \
            4096. Out of bag, an image counts only by voters among the picked members. Another \
            order changes probabilities by rounding only. A temperature changes no softmax decision; \
            thresholds of sigmoid classes apply to the tempered probabilities.

            What was found and gained is written into the new manifest, and whether the gain \
            is optimistic because the same images chose the members' epochs; an out-of-bag score is \
            computed again. The test split is refused: what is fitted on it no longer measures \
            anything. --report-split test measures the gain there.

            With --early-exit it finds, on validation images, when members may be left out where only \
            masks are wanted, so that at most 0.01 % to 5 % of the pixels differ from the whole \
            ensemble's. Half of the images (of their groups, where several belong together) are \
            held back to test that. floe predict --exit-risk uses it.

            Examples:

              floe ensemble fit ensemble.json --postprocessing --data clouds.yaml --out fitted.json
              floe ensemble fit e.json --select 20 --order --data clouds.yaml --out s.json
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

    @OptionGroup var fitted: FitOptions
    @OptionGroup var compute: ThreadsOption
    @OptionGroup var output: OutputOptions

    func validate() throws {
        let fits = postprocessing || fitted.thresholds || !fitted.plan.isEmpty
        guard fits || earlyExit else {
            throw ValidationError(
                "Name what to fit: --select N, --weights (with --per-class), --order, "
                    + "--temperature, --thresholds, --postprocessing, or --early-exit")
        }
        guard !fits || !earlyExit else {
            throw ValidationError(
                "--early-exit is fitted alone, to an ensemble that stays as it is: leave out "
                    + "--select, --weights, --order, --temperature, --thresholds and "
                    + "--postprocessing")
        }
        guard !earlyExit || fitted.reportSplit == nil else {
            throw ValidationError(
                "--early-exit says on images held back what it comes to: leave out --report-split")
        }
        guard !postprocessing || !fitted.thresholds else {
            throw ValidationError(
                "--postprocessing searches thresholds too: leave out --thresholds")
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
        let backend = OneDNNBackend(exact ? .exact : .byShape)
        let first = EnsembleFitter(
            opened, dataset: named.dataset, evaluation: named.evaluation,
            postprocessing: named.postprocessing, backend: backend)
        try first.checkOutput(out)
        if earlyExit { return try fitEarlyExit(first) }
        if postprocessing || fitted.thresholds { try first.check(split, sizes: postprocessing) }
        if split == .validation { try noteUnknown(first) }
        let reported = try fitted.reported(fittedOn: split)
        let samples = try reported?.samples(of: named.dataset)
        if let reported, let samples {
            try FitGain.check(
                opened, dataset: named.dataset, samples: samples, split: reported.rawValue,
                backend: backend)
        }
        let combined = try counted { onImage in
            try CombineFitter(
                opened, dataset: named.dataset, evaluation: named.evaluation, backend: backend
            ).fit(fitted.plan, on: split, onImage: onImage)
        }
        let fitter = EnsembleFitter(
            combined, dataset: named.dataset, evaluation: named.evaluation,
            postprocessing: named.postprocessing, backend: backend)
        var manifest = combined.manifest
        if postprocessing || fitted.thresholds {
            manifest = try counted { onImage in
                try fitter.fitPostProcessing(on: split, sizes: postprocessing, onImage: onImage)
            }
        }
        let written = try fitter.write(manifest, to: out)
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
        try report(written, before: opened)
        if let reported, let samples {
            let gain = try FitGain.measure(
                before: opened, after: written, dataset: named.dataset,
                evaluation: named.evaluation, samples: samples, split: reported.rawValue,
                backend: backend)
            if let gain { try Console.print(gain.text) }
        }
        try Console.print("\(out): " + EnsembleText.summary(written))
    }

    /// Says where nothing tells whether members were trained on the validation images.
    func noteUnknown(_ fitter: EnsembleFitter) throws {
        guard !output.quiet, try !fitter.knowsValidation() else { return }
        Console.note(
            "note: these are not the data that the members were trained on, as their manifests know "
                + "them: nothing tells whether they have seen the validation images")
    }

    /// Runs a fit that counts its images.
    private func counted<Result>(
        _ body: (_ onImage: (Int, Int) -> Void) throws -> Result
    ) rethrows -> Result {
        let printer = CountPrinter(output, unit: "images")
        defer { printer.finish() }
        return try body { done, _ in printer.update(done) }
    }

    /// Tells what was found now, and what of the former ensemble it may have made stale.
    private func report(_ written: OpenedEnsemble, before: OpenedEnsemble) throws {
        let plan = fitted.plan
        for part in CombineFit.Part.allCases where plan.names(part) {
            let found = written.manifest.combine.fits?.last { $0.part == part }
            if let found { try Console.print(found.text) }
        }
        if plan.picks != nil || plan.weights || plan.order {
            try Console.print(EnsembleText.weights(written))
        }
        if postprocessing || fitted.thresholds, let fit = written.manifest.postprocessing?.fit {
            try Console.print(fit.text)
        }
        for part in staleParts(before) {
            Console.note("note: \(part) was fitted to the ensemble as it was; fit it again")
        }
    }

    /// What stays as it was although what it was found for has changed.
    private func staleParts(_ before: OpenedEnsemble) -> [String] {
        let plan = fitted.plan
        let isRemixed = plan.picks != nil || plan.weights
        var parts: [String] = []
        if plan.weights, !plan.order, plan.picks == nil,
            before.manifest.combine.fits?.contains(where: { $0.part == .order }) == true
        {
            parts.append("the order of the members")
        }
        if isRemixed, !plan.temperature, before.manifest.combine.temperature != nil {
            parts.append("combine.temperature")
        }
        if isRemixed || plan.temperature, !postprocessing, !fitted.thresholds,
            before.manifest.postprocessing?.fit != nil
        {
            parts.append("postprocessing")
        }
        return parts
    }
}
