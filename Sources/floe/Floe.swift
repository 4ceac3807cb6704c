import ArgumentParser
import DurableFiles
import ModelZoo
import TensorCore
import Training

/// The command line: parse, call, exit code.
@main
struct Floe: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "floe",
        abstract: "Trains bagging ensembles of segmentation networks.",
        discussion: """
            A first ensemble, from made-up sea ice to a comparison of its members:

              floe data synth --out ice --count 60
              floe train manifests/recipes/synthetic.yaml data.root=$PWD/ice --out run
              floe ensemble build --out ensemble.json run
              floe compare ensemble.json --data ice --out report

            Exit codes: 0 ok, 1 internal error, 2 usage or configuration, 3 bad data, 4 not found, \
            5 permission, 6 input/output or no space, 7 numeric failure, 8 partly done, 9 locked by \
            another process, 130 and 143 stopped by a signal.
            """,
        version: Software.version,
        subcommands: [
            DataCommand.self, TrainCommand.self, EnsembleCommand.self, PredictCommand.self,
            CompareCommand.self, ReportCommand.self, EncoderCommand.self, ZooCommand.self,
            BenchCommand.self,
            DoctorCommand.self,
        ])

    /// Parses, runs, and leaves with the exit code of the error, if there was one.
    static func main() {
        Console.ignoreBrokenPipes()
        ProcessSetUp.restartWithWaitPolicy()
        StopSignal.install()
        do {
            var command = try parseAsRoot()
            try command.run()
            try Console.finish()
        } catch {
            let failure = CommandFailure(error)
            failure.report()
            Console.exit(failure.exitCode)
        }
        Console.exit(0)
    }
}
