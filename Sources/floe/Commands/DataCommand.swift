import ArgumentParser

struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data",
        abstract: "Make and look at data sets.",
        discussion: """
            Example:

              floe data synth --out ice --count 60
              floe data inspect ice
              floe data preview manifests/recipes/synthetic.yaml data.root=$PWD/ice \\
                --out preview.png
            """,
        subcommands: [DataSynthCommand.self, DataInspectCommand.self, DataPreviewCommand.self])
}
