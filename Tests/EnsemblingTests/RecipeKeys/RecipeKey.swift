import Testing

/// A key of a recipe and two values of it.
struct RecipeKey: CustomTestStringConvertible, Sendable {
    /// What two values must make different.
    enum Effect: Sendable {
        /// The trained weights.
        case weights
        /// What the ensemble says of the test images, or the scores of it.
        case answers
        /// A member's manifest: what it will do wherever it is used.
        case manifest
    }

    /// Without places in lists: `loss.gamma`.
    let key: String
    /// Overrides of the small recipe.
    let one: [String]
    let other: [String]
    let effect: Effect

    /// - Parameters:
    ///   - values: two values of the key; nil leaves it out.
    ///   - place: the key as an override names it, where that is not `key`.
    ///   - context: overrides beside either value.
    init(
        _ key: String, _ values: (String?, String?), at place: String? = nil,
        with context: [String] = [], _ effect: Effect = .weights
    ) {
        self.key = key
        one = context + (values.0.map { ["\(place ?? key)=\($0)"] } ?? [])
        other = context + (values.1.map { ["\(place ?? key)=\($0)"] } ?? [])
        self.effect = effect
    }

    var testDescription: String { key }
}
