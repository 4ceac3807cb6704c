import ArgumentParser
import DurableFiles
import Ensembling

/// What of an ensemble `fit` is to find, besides post-processing, and where to report what it gained.
struct FitOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Pick members n times, each time the one that helps Dice most; leave out the others.",
            valueName: "n"))
    var select: Int?

    @Flag(help: "Fit the weights of a mean, by log loss.")
    var weights = false

    @Flag(help: "With --weights: every sigmoid class has its own.")
    var perClass = false

    @Flag(help: "Put the most useful members first, by Dice.")
    var order = false

    @Flag(help: "Fit one temperature of the mean's probabilities, by log loss.")
    var temperature = false

    @Flag(help: "Search thresholds only, without sizes of components.")
    var thresholds = false

    @Option(
        help: ArgumentHelp(
            "Score before and after on a split that nothing was fitted on: test or validation.",
            valueName: "split"))
    var reportSplit: String?

    var plan: CombineFitPlan {
        CombineFitPlan(
            picks: select, weights: weights, perClass: perClass, order: order,
            temperature: temperature)
    }

    func validate() throws {
        guard (1...CombineFitPlan.largestPicks).contains(select ?? 1) else {
            throw ValidationError("--select takes 1 to \(CombineFitPlan.largestPicks)")
        }
        guard weights || !perClass else {
            throw ValidationError("--per-class needs --weights")
        }
    }

    /// The split to report, which must be none that something is fitted on.
    func reported(fittedOn split: PostProcessingFit.Split) throws -> SplitName? {
        guard let reportSplit else { return nil }
        let name = SplitName(rawValue: reportSplit)
        guard let name, name == .test || name == .validation else {
            throw FloeError(
                .usage, "--report-split", expected: "test or validation", got: reportSplit)
        }
        guard name.rawValue != split.rawValue else {
            throw FloeError(
                .usage, "--report-split", expected: "another split than --split",
                got: reportSplit,
                advice: "what is fitted on the split that is reported no longer measures anything")
        }
        return name
    }
}
