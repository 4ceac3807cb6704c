/// Refuses keys that a recipe may not have, and names the nearest one that it may.
public enum UnknownKeys {
    private struct AnyKey: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }
    }

    /// Throws `DecodingError.dataCorrupted` for the first key, in bytewise order, that is not known.
    public static func refuse(in decoder: any Decoder, known: [String]) throws {
        let present = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for key in present where !known.contains(key) {
            let nearest = nearest(to: key, among: known)
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "unknown key '\(key)'"
                        + (nearest.map { "; did you mean '\($0)'?" } ?? "")))
        }
    }

    /// The known word with the fewest edits, if those are few enough to be a slip.
    public static func nearest(to word: String, among known: [String]) -> String? {
        let ranked = known.map { (distance(word, $0), $0) }
        guard let best = ranked.min(by: { $0.0 < $1.0 }) else { return nil }
        return best.0 <= max(2, word.count * 2 / 5) ? best.1 : nil
    }

    /// Levenshtein's distance.
    private static func distance(_ first: String, _ second: String) -> Int {
        let (a, b) = (Array(first), Array(second))
        var previous = Array(0...b.count)
        for (row, character) in a.enumerated() {
            var current = [row + 1]
            for (column, other) in b.enumerated() {
                current.append(
                    min(
                        previous[column + 1] + 1, current[column] + 1,
                        previous[column] + (character == other ? 0 : 1)))
            }
            previous = current
        }
        return previous[b.count]
    }
}
