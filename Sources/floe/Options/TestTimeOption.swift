import ArgumentParser
import Training

/// Movements under which images are predicted, in place of what the members' recipes say.
struct TestTimeOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Test-time augmentation, instead of the members' own: none, or some of "
                + "\(TestTimeAugmentation.vocabulary), between commas.",
            valueName: "list"))
    var testTime: String?

    /// Nil where the members decide.
    var value: TestTimeAugmentation? {
        guard let testTime else { return nil }
        return testTime == "none"
            ? TestTimeAugmentation()
            : TestTimeAugmentation(
                testTime.split(separator: ",", omittingEmptySubsequences: false).map(String.init))
    }

    func validate() throws {
        guard testTime == nil || value != nil else {
            throw ValidationError(
                "--test-time takes none, or some of \(TestTimeAugmentation.vocabulary)")
        }
    }
}
