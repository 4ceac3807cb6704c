extension ModelConfiguration {
    /// Two plain U-Nets side by side on one image, and how what they make becomes one.
    public struct Dual: Codable, Hashable, Sendable {
        /// A plain U-Net's size: 32 and 4 end in 512 channels, 32 and 2 in 128.
        public struct Branch: Codable, Hashable, Sendable {
            /// Channels of the first level.
            public var width: Int
            /// Number of times the map is halved.
            public var levels: Int

            public init(width: Int, levels: Int) {
                self.width = width
                self.levels = levels
            }
        }

        /// What is made of the two.
        public enum Fusion: String, Codable, CaseIterable, Sendable {
            /// Both last maps side by side under one head.
            case concatenate
            /// Sum of the last maps under one head.
            case add
            /// The local U-Net takes the image and the global one's logits; both logits are added.
            case continueAdd = "continue-add"
            /// A learned share of one map and the rest of the other, value by value, under one head.
            case gated
        }

        /// The deeper one, which sees more of the image.
        public var global: Branch
        public var local: Branch
        public var fusion: Fusion

        public init(
            global: Branch = Branch(width: 32, levels: 4),
            local: Branch = Branch(width: 32, levels: 2), fusion: Fusion = .concatenate
        ) {
            self.global = global
            self.local = local
            self.fusion = fusion
        }
    }

    /// Two U-Nets side by side.
    public static func dualUNet(
        bands: Int, classes: Int, _ dual: Dual = Dual(), upsampling: Upsampling = .transposed
    ) -> ModelConfiguration {
        var result = ModelConfiguration(
            architecture: .dualUNet, bands: bands, classes: classes, baseWidth: 0, levels: 0,
            upsampling: upsampling, encoder: nil, decoderChannels: [])
        result.setDual(dual)
        return result
    }

    /// Base width is the global U-Net's, and the levels are the deeper one's.
    public mutating func setDual(_ dual: Dual) {
        self.dual = dual
        baseWidth = dual.global.width
        levels = max(dual.global.levels, dual.local.levels)
    }

    /// One of the two as a plain U-Net, without a classification head.
    func branch(_ branch: Dual.Branch, bands: Int) -> ModelConfiguration {
        var result = self
        result.architecture = .unet
        result.dual = nil
        result.imageHead = nil
        result.bands = bands
        result.baseWidth = branch.width
        result.levels = branch.levels
        return result
    }

    /// - Throws: `ModelConfigurationError` naming the first value that is out of its range.
    func validateDual() throws {
        guard let dual else {
            throw ModelConfigurationError(description: "dual-unet without its two U-Nets")
        }
        for (name, part) in [("global", dual.global), ("local", dual.local)] {
            do { try branch(part, bands: bands).validate() } catch let error
                as ModelConfigurationError
            {
                throw ModelConfigurationError(
                    description: "the \(name) U-Net's \(error.description)")
            }
        }
        var consistent = self
        consistent.setDual(dual)
        guard consistent == self else {
            throw ModelConfigurationError(
                description: "base width and levels of a dual U-Net contradict its parts, expected "
                    + "\(consistent.baseWidth) and \(consistent.levels), got \(baseWidth) and "
                    + "\(levels)")
        }
    }

    /// `dual-unet:GLOBAL:LEVELS:LOCAL:LEVELS:FUSION`.
    var dualName: String {
        guard let dual else { return Self.dualPrefix }
        return "\(Self.dualPrefix):\(dual.global.width):\(dual.global.levels)"
            + ":\(dual.local.width):\(dual.local.levels):\(dual.fusion.rawValue)"
            + (upsampling == .bilinear ? ":bilinear" : "")
    }

    private static let dualPrefix = "dual-unet"

    /// The configuration of a dual U-Net's name; nil for another name, or one that makes no sense.
    ///
    /// Parts may be left out from the end.
    static func dualUNet(name: String, bands: Int, classes: Int) -> ModelConfiguration? {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        var dual = Dual()
        guard parts[0] == dualPrefix, [1, 3, 5, 6, 7].contains(parts.count) else { return nil }
        if parts.count >= 3 {
            guard let width = Int(parts[1]), let levels = Int(parts[2]) else { return nil }
            dual.global = .init(width: width, levels: levels)
        }
        if parts.count >= 5 {
            guard let width = Int(parts[3]), let levels = Int(parts[4]) else { return nil }
            dual.local = .init(width: width, levels: levels)
        }
        if parts.count >= 6 {
            guard let fusion = Dual.Fusion(rawValue: parts[5]) else { return nil }
            dual.fusion = fusion
        }
        guard parts.count < 7 || parts[6] == "bilinear" else { return nil }
        return .dualUNet(
            bands: bands, classes: classes, dual,
            upsampling: parts.count == 7 ? .bilinear : .transposed)
    }
}
