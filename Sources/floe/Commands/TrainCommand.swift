import ArgumentParser
import DurableFiles
import Ensembling
import Foundation
import SegmentationData
import TensorCore
import Training

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train the members of an ensemble.",
        discussion: """
            Finished members are skipped and unfinished ones resumed, so that the same command \
            goes on where it was stopped, to the same bytes. Any key of the recipe can be \
            overridden.

            While it trains, tensorboard --logdir RUN shows curves and predictions of every \
            member.

            Example, five members of the synthetic recipe with a smaller rate:

              floe data synth --out ice
              floe train manifests/recipes/synthetic.yaml data.root=$PWD/ice \\
                optimizer.rate=5e-4 bagging.members=5 --out run
            """)

    @Argument(help: ArgumentHelp("What to train.", valueName: "recipe"))
    var recipe: String

    @Argument(help: ArgumentHelp("Keys of the recipe to override.", valueName: "key=value"))
    var overrides: [String] = []

    @Option(help: ArgumentHelp("Run folder; new, or this recipe's own.", valueName: "run"))
    var out: String

    @Option(help: ArgumentHelp("Train this member only, counted from 0.", valueName: "k"))
    var member: Int?

    @Option(help: ArgumentHelp("Members that train at once.", valueName: "n"))
    var jobs = 1

    @Flag(help: "Direct convolution only, no Winograd.")
    var exact = false

    @Option(help: ArgumentHelp("Where encoder.weights: zoo:NAME is looked up.", valueName: "dir"))
    var zoo = "zoo"

    @Flag(help: .hidden) var worker = false

    @OptionGroup var output: OutputOptions

    func run() throws {
        let printer = ProgressPrinter(output)
        defer { printer.finish() }
        if worker { return try trainAsWorker(printer) }
        let resolved = try RecipeLoader.load(
            recipe, overrides: overrides + (exact ? ["compute.exact=true"] : []), zoo: zoo)
        guard (1...256).contains(jobs) else {
            throw FloeError(.usage, "--jobs", expected: "1 to 256", got: "\(jobs)")
        }
        guard jobs == 1 || member == nil else {
            throw FloeError(
                .usage, "--jobs does not apply to one --member", advice: "leave one of them out")
        }
        // Before the run folder is made: a wrong number must not leave one behind.
        if let member, !(0..<resolved.bagging.members).contains(member) {
            throw FloeError(
                .usage, "--member", expected: "0 to \(resolved.bagging.members - 1)",
                got: "\(member)")
        }
        let run = try BaggingRun.open(out, recipe: resolved, jobs: jobs) { printer.tell($0) }
        if jobs > 1, member == nil {
            try run.train(jobs: jobs, worker: try Self.workers(of: out))
        } else {
            try run.train(members: member.map { [$0] })
        }
        printer.finish()
        let finished = (0..<resolved.bagging.members).count(where: run.run.isFinished)
        try Console.print("\(out): \(finished) of \(resolved.bagging.members) members trained")
    }

    /// One member for a run that watches over several processes: no journal of its own.
    private func trainAsWorker(_ printer: ProgressPrinter) throws {
        ParentLifeline.exitWithParent()
        guard let member else { throw FloeError(.usage, "--worker without --member") }
        let run = try RunFolder.existing(out)
        ComputePolicy.setThreads(run.environment.threads)
        let dataset = try SegmentationDataset.open(run.recipe.data)
        try MemberTrainer(run, member: member, dataset: dataset) { printer.tell($0) }.train()
    }

    /// The command of a worker: this program on the run's own recipe.
    private static func workers(of run: String) throws -> @Sendable (Int) -> WorkerCommand {
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return { member in
            WorkerCommand(
                executable: program,
                arguments: [
                    "train", run + "/recipe.yaml", "--out", run, "--member", "\(member)",
                    "--worker", "--progress", "json",
                ])
        }
    }
}
