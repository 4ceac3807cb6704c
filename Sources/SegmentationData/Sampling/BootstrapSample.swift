import DurableFiles
import TensorCore

/// The groups that one member of a bagging ensemble trains on, and those that it never sees.
///
/// A pure function of the ensemble's seed, the member's number and the sorted ids of the groups:
/// neither the order of calls nor threads nor processes enter (Breiman, "Bagging predictors",
/// Machine Learning 24, 1996).
public struct BootstrapSample: Sendable, Hashable, Codable {
    /// What becomes of a class that a draw leaves out.
    public enum ClassPolicy: String, Sendable, Hashable, Codable {
        /// Draw again, up to a number of times.
        case requireClasses = "require-classes"
        /// Keep the draw and report the class.
        case allow
    }

    /// How a bag is drawn.
    public struct Options: Sendable, Hashable, Codable {
        /// Draws as a share of the groups.
        public var sampleFraction: Double
        public var withReplacement: Bool
        public var classPolicy: ClassPolicy
        /// The most times that a draw is thrown away because a class is missing.
        public var mostRedraws: Int

        public init(
            sampleFraction: Double = 1, withReplacement: Bool = true,
            classPolicy: ClassPolicy = .requireClasses, mostRedraws: Int = 100
        ) {
            self.sampleFraction = sampleFraction
            self.withReplacement = withReplacement
            self.classPolicy = classPolicy
            self.mostRedraws = mostRedraws
        }
    }

    public let seed: UInt64
    public let member: Int
    public let options: Options
    /// The drawn groups in the order drawn, as indexes into the sorted ids; duplicates are kept.
    public let drawn: [Int]
    /// The drawn groups' ids in the order drawn.
    public let drawnGroups: [String]
    /// The groups that were never drawn, in bytewise order.
    public let outOfBagGroups: [String]
    /// How many draws were thrown away before this one.
    public let redraws: Int
    /// Classes that no drawn group holds, though some group does; indexes, ascending.
    public let missingClasses: [Int]
    /// SHA-256 of the drawn ids in the order drawn, each followed by a line feed.
    public let digest: String

    /// Draws a member's bag.
    ///
    /// - Parameters:
    ///   - groups: the ids of all groups, each once, in any order (they are sorted bytewise).
    ///   - classesPresent: for each group of `groups`, which classes it holds; nil where nobody
    ///     asks.
    /// - Throws: `FloeError` of kind `.usage` for options out of range, for no groups at all, and
    ///   where every redraw lacks a class.
    public static func draw(
        seed: UInt64, member: Int, groups: [String], options: Options = Options(),
        classesPresent: [[Bool]]? = nil
    ) throws -> BootstrapSample {
        precondition(
            classesPresent == nil || classesPresent?.count == groups.count,
            "class presence of other groups")
        try check(options, groups)
        let order = groups.indices.sorted {
            groups[$0].utf8.lexicographicallyPrecedes(groups[$1].utf8)
        }
        let sorted = order.map { groups[$0] }
        let present = classesPresent.map { table in order.map { table[$0] } }
        let count = max(1, Int((options.sampleFraction * Double(sorted.count)).rounded()))
        var attempt = 0
        while true {
            let drawn = indexes(
                seed: seed, member: member, attempt: attempt, of: sorted.count, count: count,
                withReplacement: options.withReplacement)
            let missing = present.map { missingClasses(drawn, $0) } ?? []
            if missing.isEmpty || options.classPolicy == .allow {
                return BootstrapSample(
                    seed: seed, member: member, options: options, drawn: drawn, sorted: sorted,
                    redraws: attempt, missing: missing)
            }
            guard attempt < options.mostRedraws else {
                throw FloeError(
                    .usage,
                    "the bag of member \(member) lacks class \(missing[0]) after "
                        + "\(attempt) redraws",
                    expected: "every class in at least one drawn group",
                    advice: "add data of this class, or set the bag's class policy to allow")
            }
            attempt += 1
        }
    }

    private static func check(_ options: Options, _ groups: [String]) throws {
        guard !groups.isEmpty else {
            throw FloeError(.usage, "a bag of no groups", expected: "at least one")
        }
        guard Set(groups).count == groups.count else {
            throw FloeError(.usage, "a bag of groups that are there twice", expected: "each once")
        }
        let fraction = options.sampleFraction
        guard fraction.isFinite, fraction > 0, fraction <= (options.withReplacement ? 10 : 1) else {
            throw FloeError(
                .usage, "the bag's sample fraction",
                expected: options.withReplacement ? "above 0, at most 10" : "above 0, at most 1",
                got: "\(fraction)")
        }
        guard options.mostRedraws >= 0 else {
            throw FloeError(
                .usage, "the bag's redraws", expected: "0 or more", got: "\(options.mostRedraws)")
        }
    }

    private static func indexes(
        seed: UInt64, member: Int, attempt: Int, of total: Int, count: Int, withReplacement: Bool
    ) -> [Int] {
        var stream = RandomStream(seed: seed, purpose: .bag, member: member, epoch: attempt)
        if withReplacement { return (0..<count).map { _ in stream.index(below: total) } }
        var all = Array(0..<total)
        stream.shuffle(&all)
        return Array(all.prefix(count))
    }

    private static func missingClasses(_ drawn: [Int], _ present: [[Bool]]) -> [Int] {
        let classes = present.first?.count ?? 0
        return (0..<classes).filter { index in
            present.contains { $0[index] } && !drawn.contains { present[$0][index] }
        }
    }

    private init(
        seed: UInt64, member: Int, options: Options, drawn: [Int], sorted: [String],
        redraws: Int, missing: [Int]
    ) {
        self.seed = seed
        self.member = member
        self.options = options
        self.drawn = drawn
        self.redraws = redraws
        missingClasses = missing
        drawnGroups = drawn.map { sorted[$0] }
        let seen = Set(drawn)
        outOfBagGroups = sorted.indices.filter { !seen.contains($0) }.map { sorted[$0] }
        digest = Self.digest(of: drawnGroups)
    }

    /// SHA-256 of ids, each followed by a line feed.
    public static func digest(of ids: [String]) -> String {
        var hasher = SHA256Hasher()
        for id in ids { hasher.update(text: id + "\n") }
        return hasher.finalize().hex
    }
}
