/// Which items occur together in many of a number of sets, by FP-growth.
///
/// The sets are written into a prefix tree in which frequent items stand near the root; the patterns
/// that end in an item are found in the tree of the paths that lead to it (Han, Pei and Yin 2000:
/// Mining frequent patterns without candidate generation).
public struct FrequentPatterns: Sendable, Hashable {
    /// Items that occur together.
    public struct Pattern: Sendable, Hashable {
        /// Ascending.
        public var items: [Int]
        /// Sets that hold all of them.
        public var count: Int
    }

    /// Where some items occur, another does too.
    public struct Rule: Sendable, Hashable {
        /// Ascending.
        public var condition: [Int]
        public var consequence: Int
        /// Sets that hold all of them.
        public var count: Int
        /// Share of the sets with the condition that hold the consequence as well.
        public var confidence: Double
        /// Confidence over the consequence's own share of all sets: 1 where they are independent.
        public var lift: Double
    }

    /// How many sets there are.
    public let setCount: Int
    /// The most frequent ones first, then the shorter ones, then by their items.
    public let patterns: [Pattern]
    /// The most items in a pattern that were looked for, where not all patterns could be listed.
    public let largestSize: Int?

    /// Finds all patterns that occur often enough.
    ///
    /// Where there would be more than `limit` (n items that are always there have 2^n patterns),
    /// only those of few items are listed: of as many as the limit allows, at least of one.
    ///
    /// - Parameters:
    ///   - sets: each without repetitions, in any order.
    ///   - minimumSupport: the least share of the sets that hold a pattern, above 0, at most 1.
    public init(_ sets: [[Int]], minimumSupport: Double, limit: Int = 10_000) {
        precondition(minimumSupport > 0 && minimumSupport <= 1, "a support of \(minimumSupport)")
        setCount = sets.count
        // What 0.1 of 30 sets is must not depend on the rounding of 0.1.
        let least = max(1, Int((minimumSupport * Double(sets.count) - 1e-9).rounded(.up)))
        let weighted = sets.map { (items: $0, count: 1) }
        func mine(upTo size: Int) -> [Pattern]? {
            var miner = Miner(least: least, largestSize: size, limit: limit)
            return miner.mine(weighted, suffix: []) ? miner.found : nil
        }
        var found: [Pattern]
        if let all = mine(upTo: .max) {
            found = all
            largestSize = nil
        } else {
            var size = 1
            // Single items are no more than there are, whatever the limit.
            var miner = Miner(least: least, largestSize: 1, limit: .max)
            _ = miner.mine(weighted, suffix: [])
            found = miner.found
            while let larger = mine(upTo: size + 1) {
                found = larger
                size += 1
            }
            largestSize = size
        }
        patterns = found.sorted {
            if $0.count != $1.count { return $0.count > $1.count }
            if $0.items.count != $1.items.count { return $0.items.count < $1.items.count }
            return $0.items.lexicographicallyPrecedes($1.items)
        }
    }

    /// The rules with one item as their consequence (Agrawal, Imielinski and Swami 1993), those of
    /// the greatest lift first, then by confidence, then by their items.
    public func rules(minimumConfidence: Double) -> [Rule] {
        var counts: [[Int]: Int] = [:]
        for pattern in patterns { counts[pattern.items] = pattern.count }
        var rules: [Rule] = []
        for pattern in patterns where pattern.items.count > 1 {
            for (place, item) in pattern.items.enumerated() {
                var condition = pattern.items
                condition.remove(at: place)
                // Whatever a frequent pattern is made of is frequent, and was found.
                guard let before = counts[condition], let alone = counts[[item]] else { continue }
                let confidence = Double(pattern.count) / Double(before)
                guard confidence >= minimumConfidence else { continue }
                rules.append(
                    Rule(
                        condition: condition, consequence: item, count: pattern.count,
                        confidence: confidence,
                        lift: confidence * Double(setCount) / Double(alone)))
            }
        }
        return rules.sorted {
            if $0.lift != $1.lift { return $0.lift > $1.lift }
            if $0.confidence != $1.confidence { return $0.confidence > $1.confidence }
            if $0.condition != $1.condition {
                return $0.condition.lexicographicallyPrecedes($1.condition)
            }
            return $0.consequence < $1.consequence
        }
    }
}

/// Sets as a tree of common prefixes.
private struct PrefixTree {
    private var items: [Int] = [-1]
    private var counts = [0]
    private var parents = [0]
    private var firstChildren = [0]
    private var siblings = [0]
    /// The nodes of each item, by the item's place among the frequent ones.
    private(set) var nodes: [[Int]]

    init(items: Int) { nodes = [[Int]](repeating: [], count: items) }

    mutating func insert(_ path: [Int], count: Int) {
        var node = 0
        for item in path {
            var child = firstChildren[node]
            while child != 0, items[child] != item { child = siblings[child] }
            if child == 0 {
                child = items.count
                items.append(item)
                counts.append(0)
                parents.append(node)
                firstChildren.append(0)
                siblings.append(firstChildren[node])
                firstChildren[node] = child
                nodes[item].append(child)
            }
            counts[child] += count
            node = child
        }
    }

    func count(of node: Int) -> Int { counts[node] }

    /// What stands between the root and a node.
    func path(to node: Int) -> [Int] {
        var path: [Int] = []
        var place = parents[node]
        while place != 0 {
            path.append(items[place])
            place = parents[place]
        }
        return path
    }
}

/// One search for patterns.
private struct Miner {
    let least: Int
    let largestSize: Int
    let limit: Int
    var found: [FrequentPatterns.Pattern] = []

    /// Adds the patterns of some sets, each with `suffix`; false where there are too many.
    mutating func mine(_ sets: [(items: [Int], count: Int)], suffix: [Int]) -> Bool {
        var totals: [Int: Int] = [:]
        for set in sets {
            for item in set.items { totals[item, default: 0] += set.count }
        }
        let frequent = totals.filter { $0.value >= least }.sorted {
            $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key
        }
        var ranks: [Int: Int] = [:]
        for (rank, item) in frequent.enumerated() { ranks[item.key] = rank }
        for item in frequent {
            guard found.count < limit else { return false }
            found.append(.init(items: (suffix + [item.key]).sorted(), count: item.value))
        }
        guard suffix.count + 1 < largestSize, frequent.count > 1 else { return true }
        var tree = PrefixTree(items: frequent.count)
        for set in sets {
            tree.insert(set.items.compactMap { ranks[$0] }.sorted(), count: set.count)
        }
        for (rank, item) in frequent.enumerated().reversed() where rank > 0 {
            let paths = tree.nodes[rank].map { node in
                (items: tree.path(to: node).map { frequent[$0].key }, count: tree.count(of: node))
            }
            guard mine(paths, suffix: suffix + [item.key]) else { return false }
        }
        return true
    }
}
