import Foundation

/// How often a label still changes, by how many members have answered and how far it leads.
///
/// Written as a list of rows: the first after one member, the last after all but one; each from no
/// lead to the largest.
public struct ExitTable: Codable, Hashable, Sendable {
    /// Bins of a lead of 0 to 1.
    public static let bins = 64

    public let rows: [[Double]]

    init(rows: [[Double]]) { self.rows = rows }

    public init(from decoder: any Decoder) throws {
        rows = try decoder.singleValueContainer().decode([[Double]].self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rows)
    }

    static func bin(_ lead: Float) -> Int { min(bins - 1, max(0, Int(lead * Float(bins)))) }

    /// The expected share of a cell's labels that change.
    ///
    /// - Parameters:
    ///   - open: pixels whose labels are not fixed, by bin.
    ///   - pixels: all of the cell.
    static func expected(_ open: ArraySlice<Int>, _ chances: [Double], of pixels: Int) -> Double {
        zip(open, chances).reduce(0) { $0 + Double($1.0) * $1.1 } / Double(pixels)
    }

    /// From counts of what happened.
    ///
    /// A chance is (changed + 1) / (seen + 2), so that what was rarely seen counts as unsure, and is
    /// never larger for a larger lead: neighbours that are the wrong way round are taken together
    /// (Ayer and others 1955). It is rounded to four digits.
    init(_ counts: [ExitTrace.Step]) {
        rows = counts.map { step in
            var pools: [(chance: Double, weight: Double, bins: Int)] = []
            for (seen, changed) in zip(step.open, step.changed) {
                pools.append((Double(changed + 1) / Double(seen + 2), Double(seen + 2), 1))
                while pools.count > 1, pools[pools.count - 2].chance < pools[pools.count - 1].chance
                {
                    let (last, before) = (pools.removeLast(), pools.removeLast())
                    let weight = before.weight + last.weight
                    pools.append(
                        (
                            (before.chance * before.weight + last.chance * last.weight) / weight,
                            weight, before.bins + last.bins
                        ))
                }
            }
            return pools.flatMap { pool in
                [Double](repeating: Self.short(pool.chance), count: pool.bins)
            }
        }
    }

    /// To four digits, so that manifests stay short; order is kept.
    private static func short(_ chance: Double) -> Double {
        guard chance > 0 else { return 0 }
        let unit = pow(10, 3 - floor(log10(chance)))
        return min(1, (chance * unit).rounded() / unit)
    }
}
