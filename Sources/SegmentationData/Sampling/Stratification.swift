import TensorCore

/// Groups divided into parts of given sizes, each part with its share of every class.
///
/// Iterative stratification (Sechidis, Tsoumakas and Vlahavas, "On the stratification of multi-label
/// data", ECML PKDD 2011): the rarest class is dealt out first, each of its groups to the part that
/// lacks it most. Unlike there, a full part takes no more, so that the sizes are as asked.
enum Stratification {
    /// - Parameters:
    ///   - present: for each group, which classes it holds.
    ///   - sizes: of the parts, together the number of groups.
    /// - Returns: the groups of each part, ascending.
    static func parts(
        present: [[Bool]], sizes: [Int], stream: inout RandomStream
    ) -> [[Int]] {
        precondition(sizes.reduce(0, +) == present.count, "parts of \(present.count) groups")
        let total = present.count
        let classes = present.first?.count ?? 0
        var order = Array(present.indices)
        stream.shuffle(&order)
        var isLeft = [Bool](repeating: true, count: total)
        var left = (0..<classes).map { k in present.reduce(0) { $0 + ($1[k] ? 1 : 0) } }
        let counts = left
        var room = sizes
        var assigned = [[Int]](repeating: [Int](repeating: 0, count: classes), count: sizes.count)
        var parts = [[Int]](repeating: [], count: sizes.count)

        /// How much of a class a part still lacks, times the number of groups.
        func want(_ part: Int, _ k: Int) -> Int {
            counts[k] * sizes[part] - total * assigned[part][k]
        }
        func deal(_ group: Int, _ k: Int?) {
            let open = room.indices.filter { room[$0] > 0 }
            func key(_ part: Int) -> (Int, Int) { (k.map { want(part, $0) } ?? 0, room[part]) }
            let most = open.map(key).max(by: <) ?? (0, 0)
            let best = open.filter { key($0) == most }
            let part = best[best.count > 1 ? stream.index(below: best.count) : 0]
            parts[part].append(group)
            room[part] -= 1
            isLeft[group] = false
            for k in 0..<classes where present[group][k] {
                left[k] -= 1
                assigned[part][k] += 1
            }
        }
        while let rarest = (0..<classes).filter({ left[$0] > 0 }).min(by: { left[$0] < left[$1] }) {
            for group in order where isLeft[group] && present[group][rarest] { deal(group, rarest) }
        }
        for group in order where isLeft[group] { deal(group, nil) }
        return parts.map { $0.sorted() }
    }
}
