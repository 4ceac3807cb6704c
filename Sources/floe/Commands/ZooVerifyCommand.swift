import ArgumentParser
import DurableFiles
import ModelZoo
import TensorCore

struct ZooVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check every member below a folder: digests, shapes, self-test.",
        discussion: """
            Loads each member and runs its self-test, which proves that the network computes what \
            it did when it was saved. One line per member; the exit code is 3 on any problem.

            Example:

              floe zoo verify zoo
            """)

    @Argument(help: ArgumentHelp("The folder.", valueName: "dir"))
    var folder = "zoo"

    func run() throws {
        var rows: [ZooRow] = []
        let backend = OneDNNBackend(.exact)
        _ = try ZooListing.verify(folder, backend: backend) { entry in
            StopPoint.check()
            let row = ZooRow(entry)
            rows.append(row)
            Console.tryWrite(row.verdict + "\n")
        }
        guard !rows.isEmpty else {
            throw FloeError(.notFound, file: folder, "no member here", expected: "manifest.json")
        }
        try ZooRow.refuseProblems(rows, in: folder)
    }
}
