import ArgumentParser

/// How a command says what it is doing.
struct OutputOptions: ParsableArguments {
    /// The look of progress.
    enum ProgressStyle: String, CaseIterable, ExpressibleByArgument {
        case bar, lines, json
    }

    @Flag(name: .shortAndLong, help: "No progress; warnings, errors and results stay.")
    var quiet = false

    @Option(help: "Look of progress on standard error (default: bar on a terminal, else lines).")
    var progress: ProgressStyle?

    /// What was asked for, or what suits standard error; nil for none.
    var style: ProgressStyle? {
        guard !quiet else { return nil }
        return progress ?? (Console.isTerminal(2) ? .bar : .lines)
    }
}
