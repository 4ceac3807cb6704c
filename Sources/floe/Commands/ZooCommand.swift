import ArgumentParser

struct ZooCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "zoo",
        abstract: "List and check stored members and encoders.",
        discussion: """
            A member, or a ported encoder, is a folder with weights.h5 and manifest.json. Run \
            folders and zoos are both folders of these.

            Example:

              floe zoo list
              floe zoo verify run
            """,
        subcommands: [ZooListCommand.self, ZooVerifyCommand.self, ZooImportCommand.self])
}
