import ArgumentParser

struct ZooCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "zoo",
        abstract: "List and check stored members.",
        discussion: """
            A member is a folder with weights.h5 and manifest.json. Run folders and zoos are both \
            folders of members.

            Example:

              floe zoo list
              floe zoo verify run
            """,
        subcommands: [ZooListCommand.self, ZooVerifyCommand.self])
}
