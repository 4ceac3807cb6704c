import ArgumentParser
import DurableFiles
import Reporting
import SegmentationModels
import Training

extension BackendName: ExpressibleByArgument {}

/// What is timed.
struct BenchOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "unet:BASE[:LEVELS[:bilinear]], unet-resnet18, dual-unet, …", valueName: "name"))
    var model: String

    @Option(help: ArgumentHelp("Bands, height and width.", valueName: "CxHxW"))
    var input = "4x384x384"

    @Option(help: ArgumentHelp("Images at once.", valueName: "n"))
    var batch = 2

    @Option(help: ArgumentHelp("Steps that are timed.", valueName: "n"))
    var steps = 5

    @Option(help: "Library that computes.")
    var backend = BackendName.onednn

    @Flag(help: "Direct convolution only, no Winograd.")
    var exact = false

    @OptionGroup var compute: ThreadsOption

    @Flag(help: "List the time of every operation and its share of what a matrix product reaches.")
    var profile = false

    /// Measures and prints.
    func run(_ task: StepBenchmark.Task, _ result: JSONOption, _ output: OutputOptions) throws {
        let (bands, height, width) = try extents()
        let benchmark = StepBenchmark(
            task, try ModelConfiguration(name: model, bands: bands, classes: 1), batch: batch,
            height: height, width: width, steps: steps, backend: backend, exact: exact,
            threads: compute.threads, profile: profile)
        let printer = CountPrinter(output, unit: "steps")
        let measured = try benchmark.run { step, _ in printer.update(step) }
        printer.finish()
        if result.json { return try Console.printJSON(measured) }
        for line in Self.text(measured) { try Console.print(line) }
    }

    private func extents() throws -> (bands: Int, height: Int, width: Int) {
        let parts = input.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 3, let bands = parts[0], let height = parts[1], let width = parts[2],
            bands > 0, height > 0, width > 0
        else {
            throw FloeError(
                .usage, "--input", expected: "CHANNELSxHEIGHTxWIDTH such as 4x384x384", got: input)
        }
        return (bands, height, width)
    }

    private static func text(_ result: BenchmarkResult) -> [String] {
        let size = result.input.map(String.init).joined(separator: "x")
        return [
            "\(result.task.rawValue) \(result.model), batch \(result.batch) of \(size), "
                + "\(result.backend), \(result.threads) threads",
            "median \(Figures.fixed(result.medianSeconds * 1e3, 1)) ms, "
                + "fastest \(Figures.fixed(result.minSeconds * 1e3, 1)) ms "
                + "of \(result.steps) steps",
            "\(Figures.fixed(result.gflops, 1)) GFLOP/s "
                + "(\(Figures.fixed(result.gflopPerStep, 1)) GFLOP a step as direct convolution), "
                + "\(Figures.percent(result.gflops / result.peakGflops)) of what a matrix product "
                + "reaches on these threads (\(Figures.fixed(result.peakGflops, 0)))",
            "peak memory \(Figures.bytes(result.peakRSSBytes)), "
                + "of it tensors \(Figures.bytes(result.peakTensorBytes)); "
                + "in the timed steps \(result.freshAllocations) new buffers, "
                + "\(result.pageFaults) page faults",
        ] + (result.operations.map { [""] + Self.table($0, of: result) } ?? [])
    }

    /// Time of each operation, and what of the steps is none.
    private static func table(
        _ operations: [OperationProfile], of result: BenchmarkResult
    ) -> [String] {
        var table = TextTable([
            ("ms a step", .right), ("share", .right), ("calls", .right), ("GFLOP/s", .right),
            ("of peak", .right), ("operation", .left),
        ])
        let total = result.seconds.reduce(0, +)
        let steps = Double(result.steps)
        for operation in operations {
            table.add([
                Figures.fixed(operation.seconds / steps * 1e3, 2),
                Figures.percent(operation.seconds / total), "\(operation.calls / result.steps)",
                operation.operations > 0
                    ? Figures.fixed(operation.operations / operation.seconds / 1e9, 0) : "",
                operation.operations > 0
                    ? Figures.percent(
                        operation.operations / operation.seconds / 1e9 / result.peakGflops) : "",
                operation.name,
            ])
        }
        let rest = total - operations.reduce(0) { $0 + $1.seconds }
        table.add([
            Figures.fixed(rest / steps * 1e3, 2), Figures.percent(rest / total), "", "", "",
            "(all else: Floe's own overhead)",
        ])
        return table.lines
    }
}
