import ArgumentParser

struct EnsembleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ensemble",
        abstract: "Build, fit and check ensembles.",
        discussion: """
            An ensemble is a JSON manifest that names members by path and digest and says how \
            they are combined.

            Example:

              floe ensemble build --out ensemble.json run
              floe ensemble verify ensemble.json
            """,
        subcommands: [
            EnsembleBuildCommand.self, EnsembleFitCommand.self, EnsembleVerifyCommand.self,
        ])
}
