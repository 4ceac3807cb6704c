import DurableFiles
import TensorCore

/// The groups that one member of an ensemble trains on, and those that it never sees.
///
/// A pure function of the ensemble's seed, the member's number, the plan and the sorted ids of the
/// groups: neither the order of calls nor threads nor processes enter.
public struct Bag: Sendable, Hashable, Codable {
    public let seed: UInt64
    public let member: Int
    public let plan: ResamplingPlan
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
    /// - Throws: `FloeError` of kind `.usage` for a plan out of range, for no groups at all, and
    ///   where every redraw lacks a class.
    public static func draw(
        seed: UInt64, member: Int, groups: [String], plan: ResamplingPlan = .bootstrap(),
        classesPresent: [[Bool]]? = nil
    ) throws -> Bag {
        precondition(
            classesPresent == nil || classesPresent?.count == groups.count,
            "class presence of other groups")
        try plan.check(groups)
        let order = groups.indices.sorted {
            groups[$0].utf8.lexicographicallyPrecedes(groups[$1].utf8)
        }
        let sorted = order.map { groups[$0] }
        let present = classesPresent.map { table in order.map { table[$0] } }
        var attempt = 0
        while true {
            let draws = try draws(plan, seed: seed, member: member, attempt, sorted, present)
            let missing = draws.map { drawn in present.map { missingClasses(drawn, $0) } ?? [] }
            // Folds are thrown away together: one bad one would otherwise move the others' groups.
            let first = missing.first { !$0.isEmpty }
            let own = plan.kind == .kFold ? member % draws.count : 0
            if first == nil || plan.classPolicy == .allow {
                return Bag(
                    seed: seed, member: member, plan: plan, drawn: draws[own], sorted: sorted,
                    redraws: attempt, missing: missing[own])
            }
            guard attempt < plan.mostRedraws else {
                throw FloeError(
                    .usage,
                    "the bag of member \(member) lacks class \(first?[0] ?? 0) after "
                        + "\(attempt) redraws",
                    expected: "every class in at least one drawn group",
                    advice: plan.kind == .bootstrap
                        ? "add data of this class, or set the bag's class policy to allow"
                        : "set bagging.stratify, or the bag's class policy to allow")
            }
            attempt += 1
        }
    }

    /// The member's draw; for folds, what trains without each of them.
    private static func draws(
        _ plan: ResamplingPlan, seed: UInt64, member: Int, _ attempt: Int, _ sorted: [String],
        _ present: [[Bool]]?
    ) throws -> [[Int]] {
        let strata = plan.isStratified ? present : nil
        var stream = RandomStream(seed: seed, purpose: .bag, member: member, epoch: attempt)
        let count = plan.drawCount(of: sorted.count)
        switch plan.kind {
        case .kFold:
            let folds = plan.folds ?? 2
            let division = try KFold(
                groups: sorted, folds: folds, seed: seed, repetition: member / max(1, folds),
                attempt: attempt, stratifiedBy: strata)
            return division.folds.map { fold in
                let outside = Set(fold)
                return sorted.indices.filter { !outside.contains(sorted[$0]) }
            }
        case .holdOut where strata != nil:
            let parts = Stratification.parts(
                present: strata ?? [], sizes: [count, sorted.count - count], stream: &stream)
            return [parts[0]]
        case .bootstrap where plan.withReplacement:
            return [(0..<count).map { _ in stream.index(below: sorted.count) }]
        case .bootstrap, .holdOut:
            var all = Array(sorted.indices)
            stream.shuffle(&all)
            return [Array(all.prefix(count))]
        }
    }

    private static func missingClasses(_ drawn: [Int], _ present: [[Bool]]) -> [Int] {
        let classes = present.first?.count ?? 0
        return (0..<classes).filter { index in
            present.contains { $0[index] } && !drawn.contains { present[$0][index] }
        }
    }

    private init(
        seed: UInt64, member: Int, plan: ResamplingPlan, drawn: [Int], sorted: [String],
        redraws: Int, missing: [Int]
    ) {
        self.seed = seed
        self.member = member
        self.plan = plan
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
