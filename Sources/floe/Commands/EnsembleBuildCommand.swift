import ArgumentParser
import DurableFiles
import Ensembling
import TensorCore

struct EnsembleBuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Make an ensemble from runs and members, or complete a draft.",
        discussion: """
            Digests, agreed bands and classes, and the out-of-bag score are filled in. The score \
            is predicted on --data, by default the data of the run that the members lie in.

            Example, all members of a run, and a draft that names members by hand:

              floe ensemble build --out ensemble.json run
              floe ensemble build draft.json --out ensemble.json --data ice
            """)

    /// How members become one answer.
    enum Method: String, CaseIterable, ExpressibleByArgument {
        case mean, vote, staple

        var combination: Combiner.Method {
            switch self {
            case .mean: .softVoting
            case .vote: .hardVoting
            case .staple: .staple
            }
        }
    }

    @Argument(
        help: ArgumentHelp(
            "Runs, member folders, member manifests; or one draft.",
            valueName: "run|member.json|draft.json"))
    var sources: [String]

    @Option(help: ArgumentHelp("The manifest to write.", valueName: "ensemble.json"))
    var out: String

    @Option(help: ArgumentHelp("Data for the out-of-bag score.", valueName: "recipe|dir"))
    var data: String?

    @Flag(help: "Copy members from elsewhere beside the manifest.")
    var copy = false

    @Option(
        help: "Mean of probabilities, one vote each, or STAPLE (default: mean, or the draft's).")
    var method: Method?

    @OptionGroup var compute: ThreadsOption

    func run() throws {
        try compute.apply()
        let building = EnsembleBuilding(
            out: out, sources: sources,
            method: method?.combination,
            copy: copy)
        let result = try building.build(data: data)
        for note in result.notes { Console.note("note: \(note)") }
        try Console.print("\(out): " + EnsembleText.summary(result.ensemble))
    }
}
