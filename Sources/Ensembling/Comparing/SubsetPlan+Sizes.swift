/// A value by the number of members.
extension SubsetPlan {
    /// The subsets of one size, and their values.
    struct Size {
        var members: Int
        /// In `subsets`, as `bySize` has them.
        var places: [Int]
        /// Of these, how many have a value.
        var count: Int
        var mean: Double
        var lowest: Double
        var highest: Double
    }

    /// Every size of which some subset has a value, ascending.
    ///
    /// - Parameter values: of all `subsets`, in their order.
    func sizes(of values: [Double?]) -> [Size] {
        bySize.enumerated().compactMap { size, places in
            let own = places.compactMap { values[$0] }
            guard let lowest = own.min(), let highest = own.max() else { return nil }
            return Size(
                members: size + 1, places: places, count: own.count,
                mean: own.reduce(0, +) / Double(own.count), lowest: lowest, highest: highest)
        }
    }
}
