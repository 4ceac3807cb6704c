import ArgumentParser
import DurableFiles
import ModelZoo

struct EncoderInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Say what an HDF5 file of weights is, and how it maps.",
        discussion: """
            Prints dialect and evidence, architecture, input convention, every weight of the \
            encoder with its place in the file and both shapes, what is missing or unused, and the \
            file's digest. A file that is no ResNet is refused with the reason (exit code 3), after \
            its datasets have been listed with the digests of their values.

            Example:

              floe encoder inspect resnet50_weights.h5
              floe encoder inspect resnet50_weights.h5 --json
            """)

    @Argument(help: ArgumentHelp("The HDF5 file.", valueName: "file.h5"))
    var file: String

    @OptionGroup var recognition: EncoderHintOptions
    @OptionGroup var result: JSONOption

    func run() throws {
        let foreign = try ForeignFile(file)
        let found: EncoderImport
        do {
            found = try EncoderImport(foreign, hints: recognition.hints)
        } catch {
            // What it does hold, for whoever wonders why.
            let listing = EncoderText.Datasets(try ForeignFile(file, withDigests: true))
            if result.json {
                try Console.printJSON(listing)
            } else {
                for line in listing.lines { try Console.print(line) }
            }
            throw error
        }
        let report = EncoderText.Report(found)
        if result.json {
            try Console.printJSON(report)
        } else {
            for line in report.lines { try Console.print(line) }
        }
        try found.check()
    }
}
