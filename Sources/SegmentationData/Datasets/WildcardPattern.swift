/// A name pattern with any number of `*` (any run of characters) and `?` (one character).
struct WildcardPattern {
    private let pattern: [Character]

    init(_ text: String) { pattern = Array(text) }

    func matches(_ text: String) -> Bool {
        let name = Array(text)
        var (position, place) = (0, 0)
        var retry: (pattern: Int, name: Int)?
        while place < name.count {
            if position < pattern.count, pattern[position] == "*" {
                retry = (position, place)
                position += 1
            } else if position < pattern.count,
                pattern[position] == "?" || pattern[position] == name[place]
            {
                position += 1
                place += 1
            } else if let last = retry {
                // Let the last star swallow one character more.
                position = last.pattern + 1
                place = last.name + 1
                retry = (last.pattern, place)
            } else {
                return false
            }
        }
        return pattern[position...].allSatisfy { $0 == "*" }
    }
}
