import ArgumentParser
import DurableFiles
import Ensembling

/// Whether members are left out where only labels are wanted.
struct EarlyExitOption: ParsableArguments {
    @Flag(
        name: .customLong("no-early-exit"),
        help: "Run every member everywhere, also where no label can change any more.")
    var noEarlyExit = false

    @Option(
        help: ArgumentHelp(
            "Leave members out also where labels hardly change: at most this share of the pixels "
                + "is to differ. After floe ensemble fit --early-exit.",
            valueName: "share"))
    var exitRisk: Double?

    func validate() throws {
        guard let exitRisk else { return }
        guard exitRisk > 0, exitRisk < 1 else {
            throw ValidationError("--exit-risk takes a share between 0 and 1, such as 0.001")
        }
        guard !noEarlyExit else {
            throw ValidationError("--exit-risk and --no-early-exit exclude one another")
        }
    }

    /// How an ensemble's members may be left out; nil for not at all.
    ///
    /// - Parameter postprocessing: whether the ensemble's post-processing is applied.
    /// - Throws: `FloeError` of kind `usage` where a risk was named and no member can be left out, or
    ///   none was fitted for this ensemble.
    func mode(for ensemble: OpenedEnsemble, postprocessing: Bool) throws -> EarlyExit? {
        guard !noEarlyExit else { return nil }
        let obstacle = ensemble.exitObstacle(postprocessing: postprocessing)
        guard let exitRisk else { return obstacle == nil ? .exact : nil }
        if let obstacle {
            throw FloeError(
                .usage, file: ensemble.path, "no early exit: \(obstacle)",
                advice: "leave --exit-risk out")
        }
        return try ensemble.calibratedExit(risk: exitRisk).map { .calibrated($0) } ?? .exact
    }

    /// Says what a named risk comes to, once.
    func note(_ ensemble: OpenedEnsemble, postprocessing: Bool, _ output: OutputOptions) throws {
        let mode = try mode(for: ensemble, postprocessing: postprocessing)
        guard let exitRisk, !output.quiet else { return }
        switch mode {
        case .calibrated(let rule) where rule.risk < exitRisk:
            Console.note("note: early exit by the next stricter promise, \(rule.risk)")
        case .exact:
            let strictest = ensemble.manifest.earlyExit?.levels.first.map { "\($0.risk)" }
            Console.note(
                "note: no risk of \(exitRisk) could be promised (strictest: "
                    + "\(strictest ?? "none")); only what cannot change is left out")
        case .calibrated, nil: break
        }
    }

    /// Says what was run.
    static func tell(_ tally: EarlyExit.Tally, _ output: OutputOptions) {
        guard let style = output.style, tally.members > 1, tally.run + tally.skipped > 0 else {
            return
        }
        guard style != .json else {
            return Console.note(
                "{\"earlyExit\":{\"meanMembers\":\(tally.meanMembers),"
                    + "\"members\":\(tally.members),\"windowsRun\":\(tally.run),"
                    + "\"windowsSkipped\":\(tally.skipped)}}")
        }
        Console.note(
            "early exit: \(Figures.fixed(tally.meanMembers, 1)) of \(tally.members) members per "
                + "window on average, \(Figures.percent(tally.share)) of the windows skipped")
    }
}
