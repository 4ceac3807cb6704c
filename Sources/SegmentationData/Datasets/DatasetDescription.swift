/// Where a data set's images and masks are and what they mean: the `data:` section of a recipe.
///
/// A folder may carry one as `dataset.yaml`.
public struct DatasetDescription: Codable, Sendable, Hashable {
    /// What becomes of a photo's black rim.
    public enum Border: String, Codable, Sendable, Hashable {
        /// Pixels that are 0 in every band and connected to the image's edge are ignored.
        case black
    }

    public var name: String?
    /// The folder that all file patterns are relative to.
    public var root: String
    /// Several sources are brought to one size and their bands concatenated.
    public var images: [BandSource]
    /// Empty for data without truth.
    public var masks: [MaskSource]
    public var classes: [ClassDescription]
    public var kind: OutputKind
    /// The size that every photo is brought to: images bilinear, masks nearest.
    public var size: ImageSize?
    public var patch: PatchPlan?
    public var ignoreBorder: Border?
    /// A stored image value that means "no data"; such pixels are ignored.
    public var nodata: Double?
    /// Bands computed from the stored ones, at the data set's size and behind them.
    public var computed: [ComputedBand]?
    /// Samples that are left out before anything else is done.
    public var exclude: SampleExclusion?
    public var group: Grouping
    public var split: SplitDescription

    public init(
        name: String? = nil, root: String = ".", images: [BandSource], masks: [MaskSource] = [],
        classes: [ClassDescription], kind: OutputKind? = nil, size: ImageSize? = nil,
        patch: PatchPlan? = nil, ignoreBorder: Border? = nil, nodata: Double? = nil,
        computed: [ComputedBand]? = nil, exclude: SampleExclusion? = nil,
        group: Grouping = .image, split: SplitDescription = SplitDescription()
    ) {
        self.name = name
        self.root = root
        self.images = images
        self.masks = masks
        self.classes = classes
        self.kind = kind ?? Self.defaultKind(classes)
        self.size = size
        self.patch = patch
        self.ignoreBorder = ignoreBorder
        self.nodata = nodata
        self.computed = computed
        self.exclude = exclude
        self.group = group
        self.split = split
    }

    /// One class is present or absent; several exclude one another unless the recipe says otherwise.
    private static func defaultKind(_ classes: [ClassDescription]) -> OutputKind {
        classes.count == 1 ? .sigmoid : .softmax
    }

    /// The keys of the section, for whoever checks a recipe.
    public static var knownKeys: [String] { CodingKeys.allCases.map(\.rawValue) }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case name, root, images, masks, classes, kind, size, patch
        case ignoreBorder = "ignore-border"
        case nodata, computed, exclude, group, split
    }

    public init(from decoder: any Decoder) throws {
        try UnknownKeys.refuse(in: decoder, known: Self.knownKeys)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decodeIfPresent(String.self, forKey: .name)
        root = try container.decodeIfPresent(String.self, forKey: .root) ?? "."
        images = try container.decode(OneOrMore<BandSource>.self, forKey: .images).values
        masks =
            try container.decodeIfPresent(OneOrMore<MaskSource>.self, forKey: .masks)?.values ?? []
        classes = try container.decode(OneOrMore<ClassDescription>.self, forKey: .classes).values
        kind =
            try container.decodeIfPresent(OutputKind.self, forKey: .kind)
            ?? Self.defaultKind(classes)
        size = try container.decodeIfPresent(ImageSize.self, forKey: .size)
        patch = try container.decodeIfPresent(PatchPlan.self, forKey: .patch)
        ignoreBorder = try container.decodeIfPresent(Border.self, forKey: .ignoreBorder)
        nodata = try container.decodeIfPresent(Double.self, forKey: .nodata)
        computed =
            try container.decodeIfPresent(OneOrMore<ComputedBand>.self, forKey: .computed)?.values
        exclude = try container.decodeIfPresent(SampleExclusion.self, forKey: .exclude)
        group = try container.decodeIfPresent(Grouping.self, forKey: .group) ?? .image
        split =
            try container.decodeIfPresent(SplitDescription.self, forKey: .split)
            ?? SplitDescription()
    }

    /// Each class's colour: its own, or the standard one of its place.
    public var colors: [ClassColor] {
        classes.enumerated().map { $0.element.color ?? ClassColor.standard($0.offset) }
    }
}
