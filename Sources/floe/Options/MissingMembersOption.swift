import ArgumentParser
import DurableFiles
import Ensembling

/// How many members of an ensemble may be missing before a command fails.
struct MissingMembersOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Go on without up to this many missing or damaged members.", valueName: "k"))
    var allowMissingMembers = 0

    func validate() throws {
        guard (0..<1000).contains(allowMissingMembers) else {
            throw ValidationError("--allow-missing-members takes 0 to 999")
        }
    }

    /// Opens an ensemble and warns of what is missing.
    ///
    /// - Parameter orMember: whether a single member may stand for an ensemble of one.
    func open(_ path: String, orMember: Bool = false) throws -> OpenedEnsemble {
        let opened =
            try orMember
            ? EnsembleStore.openAny(path, allowedMissing: allowMissingMembers)
            : EnsembleStore.open(path, allowedMissing: allowMissingMembers)
        for error in opened.missing { warn(error, opened) }
        return opened
    }

    /// Runs `body`, again without a member that fails in it, as often as is allowed.
    func retrying<Result>(
        _ ensemble: inout OpenedEnsemble, _ body: (OpenedEnsemble) throws -> Result
    ) throws -> Result {
        while true {
            do {
                return try body(ensemble)
            } catch let error as FloeError {
                ensemble = try ensemble.leavingOut(
                    memberOf: error, allowing: allowMissingMembers)
                warn(error, ensemble)
            }
        }
    }

    private func warn(_ error: FloeError, _ ensemble: OpenedEnsemble) {
        Console.note(
            Style.warning("warning:") + " going on with \(ensemble.members.count) of "
                + "\(ensemble.manifest.members.count) members: \(error)")
    }
}
