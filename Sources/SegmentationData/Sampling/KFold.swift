import DurableFiles
import TensorCore

/// Groups divided into folds; each fold stays out once while the others train.
public struct KFold: Sendable, Hashable, Codable {
    /// The groups of each fold in bytewise order. Sizes differ by one at most.
    public let folds: [[String]]

    /// - Parameters:
    ///   - repetition: another division of the same groups, from 0.
    ///   - attempt: the next division where one was thrown away, from 0.
    ///   - present: for each of the groups in bytewise order, which classes it holds; nil for folds
    ///     that are not stratified.
    /// - Throws: `FloeError` of kind `.usage` for fewer than 2 folds or fewer groups than folds.
    public init(
        groups: [String], folds count: Int, seed: UInt64, repetition: Int = 0, attempt: Int = 0,
        stratifiedBy present: [[Bool]]? = nil
    ) throws {
        let sorted = Set(groups).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        guard count >= 2, sorted.count >= count else {
            throw FloeError(
                .usage, "\(count) folds of \(sorted.count) groups",
                expected: "2 to \(max(2, sorted.count)) folds")
        }
        precondition(present == nil || present?.count == sorted.count, "presence of other groups")
        var stream = RandomStream(seed: seed, purpose: .fold, member: repetition, epoch: attempt)
        let (size, longer) = sorted.count.quotientAndRemainder(dividingBy: count)
        let sizes = (0..<count).map { size + ($0 < longer ? 1 : 0) }
        if let present {
            folds = Stratification.parts(present: present, sizes: sizes, stream: &stream)
                .map { part in part.map { sorted[$0] } }
            return
        }
        var order = sorted
        stream.shuffle(&order)
        var folds: [[String]] = []
        var next = 0
        for size in sizes {
            folds.append(
                order[next..<next + size].sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
            next += size
        }
        self.folds = folds
    }

    /// The groups that train while one fold stays out, in bytewise order.
    public func training(without fold: Int) -> [String] {
        folds.indices.filter { $0 != fold }.flatMap { folds[$0] }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
