import SegmentationModels

extension ModelSection {
    /// `global:` and `local:` of a dual U-Net; what is missing is that of the name.
    public struct Branch: Codable, Hashable, Sendable {
        /// Channels of the first level.
        public var width: Int?
        /// Number of times the map is halved.
        public var levels: Int?
    }

    /// Puts the keys of a dual U-Net into what its name gave.
    ///
    /// - Throws: `ModelConfigurationError` where another model has such keys.
    func setDual(_ configuration: inout ModelConfiguration) throws {
        guard var dual = configuration.dual else {
            guard global == nil, local == nil, fusion == nil else {
                throw ModelConfigurationError(
                    description: "'\(name)' is no dual-unet, so global, local and fusion do not "
                        + "apply")
            }
            return
        }
        dual.global.width = global?.width ?? dual.global.width
        dual.global.levels = global?.levels ?? dual.global.levels
        dual.local.width = local?.width ?? dual.local.width
        dual.local.levels = local?.levels ?? dual.local.levels
        dual.fusion = fusion ?? dual.fusion
        configuration.setDual(dual)
    }
}
