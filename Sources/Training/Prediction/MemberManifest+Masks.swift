import DurableFiles
import ModelZoo
import SegmentationData

extension MemberManifest {
    /// How the masks were declared that the member was trained on (its recipe's `data.masks`); nil
    /// where the manifest does not say.
    ///
    /// - Parameter file: the manifest's path, for messages.
    /// - Throws: `FloeError` of kind `badData` for a declaration that this version does not know.
    public func maskSources(file: String) throws -> [MaskSource]? {
        guard case .object(let recipe)? = training?.hyperparameters,
            case .object(let data)? = recipe["data"], let masks = data["masks"]
        else { return nil }
        return try BoundedJSON.decode([MaskSource].self, from: masks, file: file)
    }
}
