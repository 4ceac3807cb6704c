/// Numerical derivatives: (f(x + h) - f(x - h)) / 2h along chosen axes.
public enum CentralDifference {
    /// The derivative of `function` at `point` with respect to each of `positions`.
    public static func derivatives(
        of function: ([Double]) -> Double, at point: [Double], positions: [Int], step: Double
    ) -> [Double] {
        positions.map { position in
            var moved = point
            moved[position] = point[position] + step
            let above = function(moved)
            moved[position] = point[position] - step
            return (above - function(moved)) / (2 * step)
        }
    }

    /// At most `limit` positions of `0..<count`, spread evenly, first and last included.
    public static func spread(_ count: Int, limit: Int) -> [Int] {
        guard count > limit, limit > 1 else { return Array(0..<min(count, max(limit, 1))) }
        return (0..<limit).map { $0 * (count - 1) / (limit - 1) }
    }
}
