import DurableFiles
import TensorCore

/// Groups divided into folds; each fold validates once while the others train.
public struct KFold: Sendable, Hashable, Codable {
    /// The groups of each fold in bytewise order. Sizes differ by one at most.
    public let folds: [[String]]

    /// - Throws: `FloeError` of kind `.usage` for fewer than 2 folds or fewer groups than folds.
    public init(groups: [String], folds count: Int, seed: UInt64) throws {
        let sorted = Set(groups).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        guard count >= 2, sorted.count >= count else {
            throw FloeError(
                .usage, "\(count) folds of \(sorted.count) groups",
                expected: "2 to \(max(2, sorted.count)) folds")
        }
        var order = sorted
        var stream = RandomStream(seed: seed, purpose: .fold)
        stream.shuffle(&order)
        let (size, longer) = sorted.count.quotientAndRemainder(dividingBy: count)
        var folds: [[String]] = []
        var next = 0
        for index in 0..<count {
            let end = next + size + (index < longer ? 1 : 0)
            folds.append(order[next..<end].sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
            next = end
        }
        self.folds = folds
    }

    /// The groups that train while one fold validates, in bytewise order.
    public func training(without fold: Int) -> [String] {
        folds.indices.filter { $0 != fold }.flatMap { folds[$0] }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
