import DurableFiles

/// When the members still to come may be left out at a small, measured risk: `earlyExit` of an
/// ensemble's manifest (`floe ensemble fit --early-exit`).
///
/// After m members each label leads by some margin (`Combiner.leads`), and `table` says how often such a
/// label still changes. A cell of `cell` x `cell` pixels stops where the expected share of its labels
/// that change is at most a level's `threshold`; labels that cannot change count as ones that stay.
///
/// Promise of a level: at most `risk` of the pixels, in the mean over images, differ from the whole
/// ensemble's. Its threshold is the largest for which, on every smaller one too, neither the upper
/// 95 % confidence bound of that mean (Student's t, corrected for skewness, over images or groups,
/// each judged by a table of the others) nor the expected share exceeds it, as fixed-sequence testing
/// does it (Angelopoulos and others, "Learn then Test", 2021). A level is kept only where half of
/// the images, which took no part in this, keep the promise too.
public struct EarlyExitFit: Codable, Hashable, Sendable {
    /// Always validation: out of bag, members answer in no common order.
    public var split: PostProcessingFit.Split
    public var data: String
    public var fingerprint: SHA256Digest?
    /// What the table and the thresholds come from.
    public var images: Int
    /// What the promises were tested on.
    public var heldBack: Int
    /// True where the images had also chosen the members' epochs: members may be surer of them than
    /// of others.
    public var isOptimistic: Bool?
    /// Of the members, their order, weights and method; see ``OpenedEnsemble/exitDigest``.
    public var ensemble: SHA256Digest
    /// Rows and columns of the parts of a scene that stop as one.
    public var cell: Int
    /// Members that count.
    public var members: Int
    /// Mean number of members that a window of the held-back images takes where only what cannot
    /// change is left out, at most.
    public var exactMembers: Double
    public var table: ExitTable
    /// The promises that could be made, by risk.
    public var levels: [Level]

    /// One promise.
    public struct Level: Codable, Hashable, Sendable {
        public var risk: Double
        /// Largest expected share of a cell's labels that change.
        public var threshold: Double
        /// Upper 95 % confidence bound of the share that changes, on the images of the fit.
        public var bound: Double
        /// Share of the held-back pixels that differ from the whole ensemble's.
        public var changed: Double
        /// Mean number of members that a window of the held-back images takes.
        public var members: Double
    }

    /// Pixels of the side of a cell, at most: a row of cells is held in memory.
    static let largestCell = 8192

    /// What is promised where it can be.
    public static let risks = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05]

    /// What is out of range, if anything.
    ///
    /// - Parameter members: of the ensemble.
    func problem(members count: Int) -> (key: String, expected: String, got: String)? {
        if !(1...Self.largestCell).contains(cell) {
            return ("key 'earlyExit.cell'", "1 to \(Self.largestCell) pixels", "\(cell)")
        }
        if !(2...max(2, count)).contains(members) {
            return ("key 'earlyExit.members'", "2 to \(count)", "\(members)")
        }
        if table.rows.count != members - 1 {
            return ("key 'earlyExit.table'", "\(members - 1) rows", "\(table.rows.count)")
        }
        for row in table.rows
        where row.count != ExitTable.bins || !row.allSatisfy({ $0 >= 0 && $0 <= 1 }) {
            return (
                "key 'earlyExit.table'", "rows of \(ExitTable.bins) numbers from 0 to 1",
                "\(row.count) numbers"
            )
        }
        for (index, level) in levels.enumerated() {
            let before = index > 0 ? levels[index - 1].risk : 0
            guard level.risk > before, level.risk < 1, level.threshold >= 0, level.threshold <= 1
            else {
                return (
                    "key 'earlyExit.levels[\(index)]'",
                    "a risk above \(before) and below 1, and a threshold from 0 to 1",
                    "\(level.risk) and \(level.threshold)"
                )
            }
        }
        return nil
    }

    /// The promise for a risk: that level or the next stricter one; nil where none is as strict.
    public func level(for risk: Double) -> Level? { levels.last { $0.risk <= risk } }
}
