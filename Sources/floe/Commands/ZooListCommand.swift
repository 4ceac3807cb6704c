import ArgumentParser
import DurableFiles
import ModelZoo

struct ZooListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the members below a folder, with their digests checked.",
        discussion: """
            The exit code is 3 where weights or a manifest are damaged. `floe zoo verify` also \
            runs the networks.

            Example:

              floe zoo list zoo
              floe zoo list run --json
            """)

    @Argument(help: ArgumentHelp("The folder.", valueName: "dir"))
    var folder = "zoo"

    @OptionGroup var result: JSONOption

    func run() throws {
        let listing = try ZooListing.list(folder)
        let rows = listing.entries.map { ZooRow($0) }
        if result.json {
            try Console.printJSON(rows)
        } else if rows.isEmpty {
            Console.note("\(folder): no member here")
        } else {
            for line in ZooRow.table(rows) { try Console.print(line) }
        }
        try ZooRow.refuseProblems(rows, in: folder)
    }
}
