import TensorCore

extension Augmentation {
    /// Pixels of a class from another image of the bag, with their truth (Ghiasi et al., "Simple
    /// copy-paste is a strong data augmentation method for instance segmentation", CVPR 2021).
    public struct Paste: AugmentationSettings {
        /// Whose pixels are pasted.
        public enum Classes: Sendable, Hashable {
            /// Those with less than their equal share of the bag's pixels, or else the rarest.
            case rare
            case named([String])
        }

        /// How much of a class is pasted at once.
        public enum Region: String, Codable, CaseIterable, Sendable {
            /// All of its pixels.
            case whole = "class"
            /// One of its connected components, each as likely, diagonal neighbours hanging together.
            case component
        }

        public var probability: Double
        public var classes = Classes.rare
        public var region = Region.whole
        /// Pixels around what is pasted over which its own surroundings fade out.
        public var feather = 0

        public init(probability: Double) { self.probability = probability }

        private enum CodingKeys: String, CodingKey, CaseIterable {
            case probability, classes, region, feather
        }

        public init(from decoder: any Decoder) throws {
            let reader = try SettingsReader(decoder, CodingKeys.self)
            probability = try reader.probability(.probability)
            feather = try reader.whole(.feather, feather, 0...256)
            region = try reader.optional(.region, Region.self) ?? region
            if let text = try? reader.optional(.classes, String.self) {
                guard text == "rare" else {
                    throw reader.refusal(
                        .classes, "not classes, expected 'rare' or a list of names, got '\(text)'")
                }
            } else if let names = try reader.optional(.classes, [String].self) {
                guard !names.isEmpty else {
                    throw reader.refusal(.classes, "an empty list, expected class names or 'rare'")
                }
                classes = .named(names)
            }
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(probability, forKey: .probability)
            switch classes {
            case .rare: try container.encode("rare", forKey: .classes)
            case .named(let names): try container.encode(names, forKey: .classes)
            }
            // Left out where it is the default, for the manifests from before the key.
            if region != .whole { try container.encode(region, forKey: .region) }
            try container.encode(feather, forKey: .feather)
        }
    }

    /// A box of another image of the bag, with its truth (Yun et al., "CutMix", ICCV 2019).
    public struct Mix: AugmentationSettings {
        public var probability: Double
        /// The box's share of the image.
        public var area = 0.1...0.5

        public init(probability: Double) { self.probability = probability }

        private enum CodingKeys: String, CodingKey, CaseIterable { case probability, area }

        public init(from decoder: any Decoder) throws {
            let reader = try SettingsReader(decoder, CodingKeys.self)
            probability = try reader.probability(.probability)
            area = try reader.interval(.area, area, 0...1)
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(probability, forKey: .probability)
            try container.encode(area, as: .area)
        }

        /// A box of the image's shape, wholly inside of it.
        public func box(
            _ stream: inout RandomStream, height: Int, width: Int
        ) -> (rows: Range<Int>, columns: Range<Int>) {
            let side = stream.uniform(area.lowerBound, area.upperBound).squareRoot()
            func range(_ count: Int) -> Range<Int> {
                let length = max(1, min(count, Int((side * Double(count)).rounded())))
                let start = stream.index(below: count - length + 1)
                return start..<start + length
            }
            return (range(height), range(width))
        }
    }
}
