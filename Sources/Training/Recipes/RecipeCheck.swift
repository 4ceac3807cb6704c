import DurableFiles

/// Refuses values that are well-formed but make no sense, each by its key.
struct RecipeCheck {
    /// The recipe, for the message.
    let file: String

    /// - Throws: `FloeError` of kind `usage`.
    func require(_ condition: Bool, _ key: String, _ expected: String, _ got: Any) throws {
        guard condition else {
            throw FloeError(
                .usage, file: file, "\(key) out of range", expected: expected, got: "\(got)")
        }
    }
}
