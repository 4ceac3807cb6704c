import ArgumentParser
import DurableFiles
import Ensembling
import TensorCore

struct EnsembleVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check every digest, shape and agreement of an ensemble.",
        discussion: """
            Loads each member and runs its self-test. One line per problem; the exit code is then 3.

            Example:

              floe ensemble verify ensemble.json
            """)

    @Argument(help: ArgumentHelp("The ensemble's manifest.", valueName: "ensemble.json"))
    var ensemble: String

    func run() throws {
        let problems = try EnsembleVerifier.problems(ensemble, backend: OneDNNBackend(.exact))
        for problem in problems {
            try Console.print("\(Style.bad("FAILED")) \(problem)")
        }
        guard problems.isEmpty else {
            throw FloeError(
                .badData, file: ensemble, "the ensemble is not in order", expected: "no problem",
                got: "\(problems.count)", advice: "restore the members, or build it again")
        }
        let opened = try EnsembleStore.open(ensemble)
        try Console.print("\(Style.good("ok")) \(ensemble): \(EnsembleText.summary(opened))")
    }
}
