/// Names in an error line: the first few and how many more there are.
enum Listing {
    static func of(_ names: [String], showing limit: Int = 3) -> String {
        let shown = names.prefix(limit).joined(separator: ", ")
        return names.count > limit ? "\(shown) and \(names.count - limit) more" : shown
    }
}
