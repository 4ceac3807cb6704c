/// A confusion matrix of no more classes than a page can show: those with the most pixels stay, all
/// others are put together, so that rows still add up.
struct BoundedConfusion {
    /// In their order; what was put together is the last.
    let classes: [String]
    /// [truth][prediction].
    let counts: [[Int]]
    /// Classes that were put together; 0 for none.
    let merged: Int

    /// More cells than of so many classes are neither looked over nor small.
    static let mostClasses = 40

    /// - Parameter most: rows at most.
    init(classes: [String], counts: [[Int]], most: Int = mostClasses) {
        guard classes.count > most, most > 0 else {
            self.classes = classes
            self.counts = counts
            merged = 0
            return
        }
        // A class counts where it is and where it is seen.
        let pixels = classes.indices.map { k in
            counts[k].reduce(0, +) + counts.reduce(0) { $0 + $1[k] }
        }
        let byPixels = classes.indices.sorted { (pixels[$1], $0) < (pixels[$0], $1) }
        let kept = byPixels.prefix(most - 1).sorted()
        // Where each class goes; the last place is for all others.
        var places = [Int](repeating: kept.count, count: classes.count)
        for (place, k) in kept.enumerated() { places[k] = place }
        var sums = [[Int]](
            repeating: [Int](repeating: 0, count: kept.count + 1), count: kept.count + 1)
        for (truth, row) in counts.enumerated() {
            for (prediction, count) in row.enumerated() {
                sums[places[truth]][places[prediction]] += count
            }
        }
        merged = classes.count - kept.count
        self.classes = kept.map { classes[$0] } + ["\(merged) other classes"]
        self.counts = sums
    }
}
