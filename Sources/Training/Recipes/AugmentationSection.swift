import SegmentationData

/// `augmentation:` is checked where it is read, but for what depends on the data.
extension Augmentation {
    func check(_ check: RecipeCheck, of recipe: Recipe) throws {
        guard case .named(let names)? = paste?.classes else { return }
        let known = recipe.data.classes.map(\.name)
        for name in names {
            try check.require(
                known.contains(name), "augmentation.paste.classes",
                known.joined(separator: " or "), name)
        }
    }
}
