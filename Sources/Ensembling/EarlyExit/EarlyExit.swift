/// How members may be left out where only labels are wanted.
public enum EarlyExit: Sendable {
    /// Only where no label can change: the labels are the whole ensemble's, bit by bit.
    case exact
    /// Also where labels hardly change, at a risk that was measured.
    case calibrated(CalibratedExit)

    /// What was run of what the whole ensemble would have run.
    public struct Tally: Hashable, Sendable {
        /// Members of the ensemble.
        public var members = 0
        /// Windows, each counted once for every member. A member that was not even loaded counts as
        /// many as one that was.
        public var run = 0
        public var skipped = 0

        public init() {}

        /// Members that were run over a window, on average.
        public var meanMembers: Double {
            run + skipped > 0 ? Double(members) * Double(run) / Double(run + skipped) : 0
        }

        /// Share of the windows that were not run.
        public var share: Double {
            run + skipped > 0 ? Double(skipped) / Double(run + skipped) : 0
        }

        public static func += (sum: inout Tally, tally: Tally) {
            sum.members = max(sum.members, tally.members)
            sum.run += tally.run
            sum.skipped += tally.skipped
        }
    }
}
