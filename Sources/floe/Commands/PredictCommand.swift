import ArgumentParser
import DurableFiles
import Ensembling
import SegmentationData
import TensorCore

struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Predict masks of images.",
        discussion: """
            Writes NAME_mask.png (one class index per pixel, with the classes' colours), or \
            NAME_mask.tiff with one band per class where several may overlap, and on request \
            NAME_probabilities.tiff (float32, one band per class) and NAME_uncertainty.tiff (float32: \
            total, data and disagreement as shares of the largest). Scenes of any size are run \
            window by window in bounded memory.

            Bands that lie in several files are named one after another, in the order of the \
            members' bands. The same input gives the same bytes on the same kind of processor.

            Where only masks are wanted, members answer one after another, and a window of the next \
            one is run only where it covers a pixel whose label can still change: the masks are the \
            same bit by bit. --exit-risk goes further at a risk that was measured.

            The ensemble's post-processing (components, holes, hulls) needs whole masks: scenes of \
            more than 268 million mask values are then refused.

            Example, two scenes of a camera and a radar file each, and a data set's test split:

              floe predict ensemble.json --out masks \\
                ice/0000_vis.tiff ice/0000_sar.tiff ice/0001_vis.tiff ice/0001_sar.tiff
              floe predict ensemble.json --data ice --split test --out masks

            Arrays (.npy, .npz) are read only by --data, which says what their axes are.

            A contest's submission, one row for each image and class, under the labels of the run \
            lengths that the members were trained on, or of those of --data:

              floe predict ensemble.json clouds/*.jpg --out masks \\
                --submission submission.csv --submission-size 350x525
            """)

    @Argument(
        help: ArgumentHelp("The ensemble, or one member.", valueName: "ensemble.json|member.json"))
    var ensemble: String

    @Argument(
        help: ArgumentHelp("PNG, JPEG or TIFF files; arrays by --data.", valueName: "image"))
    var images: [String] = []

    @Option(help: ArgumentHelp("Folder to write.", valueName: "dir"))
    var out: String

    @Flag(help: "Write probabilities too.")
    var probabilities = false

    @Flag(help: "Write how uncertain the members are: total, data and disagreement.")
    var uncertainty = false

    @Option(help: ArgumentHelp("Predict a data set instead.", valueName: "recipe|dir"))
    var data: String?

    @Option(help: "Which part of --data.")
    var split = SplitName.test

    @Flag(help: "Direct convolution only, no Winograd.")
    var exact = false

    @Flag(
        name: .customLong("no-postprocessing"),
        help: "Masks as they were decided, without the ensemble's post-processing.")
    var noPostprocessing = false

    @Option(
        help: ArgumentHelp(
            "Write the masks as run lengths too (Image_Label,EncodedPixels).", valueName: "csv"))
    var submission: String?

    @Option(
        help: ArgumentHelp(
            "Size of the masks in --submission, by nearest neighbour (default: their own).",
            valueName: "HxW"))
    var submissionSize: String?

    @OptionGroup var earlyExit: EarlyExitOption
    @OptionGroup var testTime: TestTimeOption
    @OptionGroup var members: MissingMembersOption
    @OptionGroup var compute: ThreadsOption
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard images.isEmpty != (data == nil) else {
            throw ValidationError("Name images, or a data set with --data, and not both")
        }
        guard submissionSize == nil || submission != nil else {
            throw ValidationError("--submission-size is the size of --submission, which is missing")
        }
        guard earlyExit.exitRisk == nil || !(probabilities || uncertainty) else {
            throw ValidationError(
                "--exit-risk is for masks only: leave out --probabilities and --uncertainty")
        }
        guard earlyExit.exitRisk == nil || testTime.value == nil else {
            throw ValidationError(
                "--exit-risk was fitted with the members' own test-time augmentation: leave out "
                    + "--test-time")
        }
        guard earlyExit.exitRisk == nil || members.allowMissingMembers == 0 else {
            throw ValidationError(
                "--exit-risk was fitted for all members: leave out --allow-missing-members")
        }
    }

    func run() throws {
        try compute.apply()
        var opened = try members.open(try NamedScene.manifest(of: ensemble), orMember: true)
        if uncertainty, let obstacle = opened.uncertaintyObstacle {
            throw FloeError(
                .usage, file: ensemble, "no --uncertainty: \(obstacle)",
                advice: "name an ensemble of two members or more")
        }
        try earlyExit.note(opened, postprocessing: !noPostprocessing, output)
        if let submission {
            try NamedScene.refuse(
                file: submission, among: [ensemble, opened.path] + opened.files,
                of: "the ensemble's files")
        }
        let scenes: [NamedScene]
        var masks: [MaskSource] = []
        if let data {
            let dataset = try NamedData(data).dataset
            try NamedScene.refuse(out, among: dataset.files)
            if let submission {
                try NamedScene.refuse(file: submission, among: dataset.files + [data])
            }
            scenes = try NamedScene.scenes(of: dataset, split)
            if dataset.classNames == opened.output.classes.map(\.name) {
                masks = dataset.description.masks
            }
        } else {
            try NamedScene.refuse(out, among: images)
            if let submission {
                try NamedScene.refuse(file: submission, among: images, of: "the images")
            }
            scenes = try NamedScene.scenes(of: images, for: opened)
        }
        var table = try SubmissionTable(
            submission, size: submissionSize, opened, masks: masks, images: scenes.map(\.image))
        let backend = OneDNNBackend(exact ? .exact : .byShape)
        let held = HeldMembers()
        let printer = CountPrinter(output, unit: "images", total: scenes.count)
        var failures: [FloeError] = []
        var tally = EarlyExit.Tally()
        for (done, scene) in scenes.enumerated() {
            try StopSignal.throwIfReceived()
            if let files = scene.files, !output.quiet { Console.note(files) }
            var mask: SegmentationTarget?
            do {
                let written = try members.retrying(&opened) { ensemble in
                    try PredictionWriter(
                        EnsemblePredictor(
                            ensemble, backend: backend, held: held,
                            testTime: testTime.value), folder: out,
                        withProbabilities: probabilities, withUncertainty: uncertainty,
                        postprocessing: !noPostprocessing,
                        earlyExit: earlyExit.mode(
                            for: ensemble, postprocessing: !noPostprocessing),
                        onTally: { tally += $0 }
                    ).write(
                        scene.open(), name: scene.name,
                        onMask: table.map { _ in { mask = $0 } })
                }
                if let mask { try table?.add(mask, image: scene.image) }
                for file in written { try Console.print(file) }
            } catch let error as FloeError
                where scenes.count > 1 && Self.isOfOneScene(error, opened)
            {
                // One damaged image must not keep the others from being predicted.
                failures.append(error)
                Console.note(Style.warning("warning:") + " left out: \(error)")
            }
            printer.update(done + 1)
        }
        printer.finish()
        EarlyExitOption.tell(tally, output)
        if let file = try table?.write() { try Console.print(file) }
        guard !failures.isEmpty else { return }
        guard failures.count < scenes.count else { throw failures[0] }
        throw FloeError(
            .partlyDone, "\(failures.count) of \(scenes.count) images could not be predicted",
            advice: "see the warnings above")
    }

    /// Whether an error is an image's, and not a member's or the disk's.
    private static func isOfOneScene(_ error: FloeError, _ ensemble: OpenedEnsemble) -> Bool {
        switch error.kind {
        case .badData, .numeric, .notFound, .permission:
            error.file.map { file in !ensemble.members.contains { $0.path == file || $0.owns(file) }
            }
                ?? true
        default: false
        }
    }
}
