/// The known name that a mistyped one most probably means; nil if none is near.
///
/// Nearness is the Damerau-Levenshtein distance (insertions, deletions, substitutions and swaps of
/// neighbours; optimal string alignment), upper and lower case being equal, up to a third of the
/// name's length. Of equally near names the first in bytewise order is taken.
public func nearestName(to name: String, among known: some Sequence<String>) -> String? {
    let typed = Array(name.lowercased().unicodeScalars)
    guard !typed.isEmpty, typed.count <= 64 else { return nil }
    var best: (name: String, distance: Int)?
    for candidate in known.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
        let scalars = Array(candidate.lowercased().unicodeScalars)
        let bound = max(1, max(typed.count, scalars.count) / 3)
        guard scalars.count <= 64, abs(scalars.count - typed.count) <= bound else { continue }
        let distance = editDistance(typed, scalars)
        if distance <= bound, distance < max(typed.count, scalars.count),
            distance < best?.distance ?? .max
        {
            best = (candidate, distance)
        }
    }
    return best?.name
}

/// The number of insertions, deletions, substitutions and swaps of neighbours between two names.
func editDistance(_ first: [Unicode.Scalar], _ second: [Unicode.Scalar]) -> Int {
    var beforePrevious: [Int] = []
    var previous = Array(0...second.count)
    for row in 0..<first.count {
        var current = [row + 1]
        for column in 0..<second.count {
            let cost = first[row] == second[column] ? 0 : 1
            var distance = min(
                previous[column + 1] + 1, current[column] + 1, previous[column] + cost)
            if row > 0, column > 0, first[row] == second[column - 1],
                first[row - 1] == second[column]
            {
                distance = min(distance, beforePrevious[column - 1] + 1)
            }
            current.append(distance)
        }
        beforePrevious = previous
        previous = current
    }
    return previous[second.count]
}
