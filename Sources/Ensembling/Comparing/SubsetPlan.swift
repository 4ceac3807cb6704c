import TensorCore

/// Which members are combined to see how a smaller ensemble would have done: the curve of score
/// against size, and the ensemble without each member.
struct SubsetPlan: Sendable, Hashable {
    /// Members in manifest order; no two alike, in lexicographic order.
    let subsets: [[Int]]
    /// For each size, from 1 to the number of members that vote, places in `subsets`: all subsets of
    /// the size, or one for each random order (the same one more than once where orders meet).
    let bySize: [[Int]]
    /// For each member the place of all the others; nil where these could not speak for every
    /// class, or where there are none.
    let without: [Int?]
    /// Random orders that `bySize` walks along; nil where it holds all subsets.
    let orders: Int?
    private let weights: [[Double]]

    /// Up to this many members all subsets are evaluated, 31 at most.
    static let exhaustiveLimit = 5
    static let defaultOrders = 20

    /// - Parameters:
    ///   - weights: by member and class. Members without any weight vote in no subset, and subsets
    ///     in which some class would be nobody's are left out.
    ///   - seed: decides the orders.
    init(weights: [[Double]], orders: Int = defaultOrders, seed: UInt64 = 1) {
        self.weights = weights
        func isWhole(_ subset: [Int]) -> Bool { Self.isWhole(subset, weights) }
        let voters = weights.indices.filter { weights[$0].contains { $0 > 0 } }
        var sized: [[[Int]]]
        if voters.count <= Self.exhaustiveLimit {
            self.orders = nil
            sized = [[[Int]]](repeating: [], count: voters.count)
            for bits in 1..<max(1, 1 << voters.count) {
                let subset = voters.indices.filter { bits >> $0 & 1 == 1 }.map { voters[$0] }
                sized[subset.count - 1].append(subset)
            }
        } else {
            self.orders = orders
            let drawn = (0..<orders).map { number -> [Int] in
                var stream = RandomStream(seed: seed, purpose: .subset, sample: number)
                // Not the standard library's shuffle: its order may change with Swift's version.
                var order = voters
                stream.shuffle(&order)
                return order
            }
            sized = voters.indices.map { last in drawn.map { $0[...last].sorted() } }
        }
        sized = sized.map { $0.filter(isWhole) }
        let others = weights.indices.map { member in
            voters.contains(member) ? voters.filter { $0 != member } : []
        }
        let all = Set(sized.joined()).union(others.filter(isWhole))
        subsets = all.sorted { $0.lexicographicallyPrecedes($1) }
        let places = Dictionary(uniqueKeysWithValues: subsets.enumerated().map { ($1, $0) })
        bySize = sized.map { $0.compactMap { places[$0] } }
        without = others.map { isWhole($0) ? places[$0] : nil }
    }

    /// Whether members together speak for every class.
    func isWhole(_ subset: [Int]) -> Bool { Self.isWhole(subset, weights) }

    private static func isWhole(_ subset: [Int], _ weights: [[Double]]) -> Bool {
        !subset.isEmpty
            && (0..<(weights.first?.count ?? 0)).allSatisfy { k in
                subset.contains { weights[$0][k] > 0 }
            }
    }

    /// Every subset's combined answer to one image.
    ///
    /// Subsets are walked as branches of a tree, so that what they begin with in common is summed
    /// once: the sums are those of members in manifest order. Sums are held for each member of the
    /// subset at hand, and so for all members at most.
    ///
    /// - Parameters:
    ///   - subsets: members in manifest order; in lexicographic order themselves.
    ///   - empty: to which nothing was added yet.
    ///   - add: adds a member.
    ///   - body: takes the place of a subset and its sums.
    static func combine(
        _ subsets: [[Int]], _ empty: Combiner, adding add: (Int, inout Combiner) -> Void,
        _ body: (Int, Combiner) throws -> Void
    ) rethrows {
        var path: [(member: Int, sums: Combiner)] = []
        for (place, subset) in subsets.enumerated() {
            var common = 0
            while common < min(path.count, subset.count), path[common].member == subset[common] {
                common += 1
            }
            path.removeSubrange(common...)
            for member in subset[common...] {
                var sums = path.last?.sums ?? empty
                add(member, &sums)
                path.append((member, sums))
            }
            if let sums = path.last?.sums { try body(place, sums) }
        }
    }
}
