import ArgumentParser
import DurableFiles
import TensorCore

/// How many threads an operation uses.
struct ThreadsOption: ParsableArguments {
    @Option(help: ArgumentHelp("Threads of every operation (default: all).", valueName: "n"))
    var threads: Int?

    /// Sets the number, before anything computes.
    func apply() throws {
        guard let threads else { return }
        guard (1...1024).contains(threads) else {
            throw FloeError(.usage, "--threads", expected: "1 to 1024", got: "\(threads)")
        }
        ComputePolicy.setThreads(threads)
    }
}
