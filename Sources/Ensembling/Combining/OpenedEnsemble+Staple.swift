import DurableFiles

extension OpenedEnsemble {
    /// Decisions of one scene that STAPLE may hold: pixels times members times classes.
    static let largestStaple = 1 << 28

    /// Refuses scenes whose decisions would not fit in memory at once.
    ///
    /// - Throws: `FloeError` of kind `badData`.
    func checkStapleSize(height: Int, width: Int) throws {
        guard rule.method == .staple else { return }
        let decisions = height * width * members.count * classes
        guard decisions <= Self.largestStaple else {
            throw FloeError(
                .badData,
                "a scene of \(height)x\(width) is too large for STAPLE, which needs every member's "
                    + "whole answer at once",
                expected: "at most \(Self.largestStaple) pixels x members x classes",
                got: "\(decisions)",
                advice: "predict it in parts, or combine the members by soft-voting")
        }
    }
}
