import DurableFiles

/// What is in a data set: counts, sizes, class balance, statistics, duplicates and broken files.
///
/// Nothing stops at a broken sample: it is listed and left out.
public struct DatasetInspection: Codable, Sendable, Hashable {
    /// One class over all samples that could be read.
    public struct ClassBalance: Codable, Sendable, Hashable {
        public var name: String
        public var pixels: Int
        /// Share of the pixels that are not ignored.
        public var share: Double
        /// Images with at least one pixel of it.
        public var images: Int
        /// All labelled pixels over those of the class; nil where it never occurs.
        public var inverseFrequency: Double?
        /// The median of the classes' frequencies over that of the class, its frequency being its
        /// share of the images that show it (Eigen and Fergus 2015); nil where it never occurs.
        public var medianFrequency: Double?
    }

    /// How many images the description's `exclude` left out, each counted by the first rule.
    public struct Excluded: Codable, Sendable, Hashable {
        public var ids = 0
        public var duplicateMasks = 0
        public var duplicateImages = 0

        public var total: Int { ids + duplicateMasks + duplicateImages }
    }

    /// Classes that are seen in one image.
    public struct Combination: Codable, Sendable, Hashable {
        public var classes: [String]
        public var images: Int
        /// Share of all images.
        public var support: Double
    }

    /// Where some classes are seen, another is too.
    public struct Rule: Codable, Sendable, Hashable {
        public var classes: [String]
        public var implies: String
        /// Share of all images that show all of them.
        public var support: Double
        /// Share of the images with the classes that show the other one.
        public var confidence: Double
        /// Confidence over the other one's own share: 1 where they are independent.
        public var lift: Double
    }

    /// Which class combinations are listed.
    public struct PatternLimits: Sendable, Hashable {
        /// The least share of the images that show a combination.
        public var support: Double
        /// The least confidence of a rule.
        public var confidence: Double

        public init(support: Double = 0.1, confidence: Double = 0.5) {
            self.support = support
            self.confidence = confidence
        }
    }

    public struct Band: Codable, Sendable, Hashable {
        public var name: String
        public var mean: Double
        public var deviation: Double
        public var minimum: Float
        public var maximum: Float
    }

    /// How many image files have a size, a number of stored bands and a sample type.
    public struct FileKind: Codable, Sendable, Hashable {
        public var pattern: String
        public var format: ImageFormat
        public var size: ImageSize
        public var bands: Int
        public var sampleType: SampleType
        public var files: Int
    }

    public var name: String?
    public var root: String
    /// Images that are left, before they are cut into patches.
    public var images: Int
    /// Samples, after they are cut into patches.
    public var samples: Int
    public var groups: Int
    public var kind: OutputKind
    public var fileKinds: [FileKind]
    public var bands: [Band]
    public var classes: [ClassBalance]
    public var labelledPixels: Int
    public var ignoredPixels: Int
    public var excluded: Excluded
    /// Ids of images with the same pixels, by group.
    public var duplicateImages: [[String]]
    /// Ids of images with the same truth, by group; a truth of one value is not counted.
    public var duplicateMasks: [[String]]
    /// Images of whose truth every known pixel is the same.
    public var uniformMasks: Int
    /// What a recipe says to leave the duplicates out; nil where there are none.
    public var suggestedExclude: String?
    /// Classes that occur together, the most frequent first; empty for less than two classes.
    public var combinations: [Combination]
    /// What follows from what, the greatest lift first.
    public var rules: [Rule]
    /// The most classes in a combination that was looked for, where there are too many to list.
    public var largestCombination: Int?
    /// Mask files that belong to no image.
    public var unusedMasks: [String]
    /// Train, validation, test and unused samples; empty where the split cannot be made.
    public var split: [Int]
    /// One line for each broken sample, and for a split that cannot be made.
    public var problems: [String]

    /// Reads every file of a data set.
    ///
    /// - Parameters:
    ///   - patterns: which class combinations are listed.
    ///   - progress: called with the number of images read so far.
    /// - Throws: `FloeError` where the description contradicts itself, no image matches it, or no
    ///   sample can be read at all.
    public static func inspect(
        _ description: DatasetDescription, patterns: PatternLimits = PatternLimits(),
        pictureBudget: ImageBudget = .picture, progress: ((Int) -> Void)? = nil
    ) throws -> DatasetInspection {
        for (name, value) in [("support", patterns.support), ("confidence", patterns.confidence)]
        where !(value > 0 && value <= 1) {
            throw FloeError(
                .usage, "the least \(name) of class combinations",
                expected: "above 0, at most 1", got: "\(value)")
        }
        try SegmentationDataset.check(description)
        let index = try PhotoIndex(description)
        let filter = try PhotoFilter(
            index.photos, description, pictureBudget, skipsBroken: true)
        var survey = DatasetSurvey(description, pictureBudget, problems: index.problems)
        for (number, photo) in filter.kept.enumerated() {
            try survey.add(photo)
            progress?(number + 1)
        }
        guard !survey.readable.isEmpty else {
            throw survey.problems.first
                ?? FloeError(.badData, file: description.root, "no sample can be read")
        }
        let dataset = try SegmentationDataset(
            description, photos: survey.readable, unusedMasks: index.unusedMasks, cacheBytes: 0,
            budget: pictureBudget, checkingFiles: false)
        var split: [Int] = []
        do {
            let plan = try dataset.split()
            split = [plan.train, plan.validation, plan.test, plan.unused].map(\.count)
        } catch let error as FloeError {
            survey.problems.append(error)
        }
        return DatasetInspection(
            dataset, survey, filter: filter, split: split, limits: patterns)
    }

    private init(
        _ dataset: SegmentationDataset, _ survey: DatasetSurvey, filter: PhotoFilter,
        split: [Int], limits: PatternLimits
    ) {
        let description = dataset.description
        name = description.name
        root = description.root
        images = filter.kept.count
        samples = dataset.count
        groups = dataset.groups(of: Array(0..<dataset.count)).count
        kind = description.kind
        fileKinds = survey.kinds
        bands = survey.bands(dataset.bands)
        classes = survey.classBalances
        labelledPixels = survey.labelled
        ignoredPixels = survey.ignored
        excluded = filter.excluded
        duplicateImages = survey.duplicateImages
        duplicateMasks = survey.duplicateMasks
        uniformMasks = survey.uniformMasks
        unusedMasks = dataset.unusedMasks
        self.split = split
        problems = survey.problems.map(\.description)
        var exclude = description.exclude ?? SampleExclusion()
        if !duplicateMasks.isEmpty { exclude.duplicateMasks = exclude.duplicateMasks ?? 2 }
        if !duplicateImages.isEmpty {
            exclude.duplicateImages = exclude.duplicateImages ?? .keepFirst
        }
        suggestedExclude =
            exclude == (description.exclude ?? SampleExclusion())
            ? nil : "data.exclude: \(exclude.text)"
        (combinations, rules, largestCombination) = ([], [], nil)
        guard dataset.hasMasks, classes.count > 1 else { return }
        let names = dataset.classNames
        let found = FrequentPatterns(survey.shown, minimumSupport: limits.support)
        let images = Double(max(1, found.setCount))
        combinations = found.patterns.map { pattern in
            Combination(
                classes: pattern.items.map { names[$0] }, images: pattern.count,
                support: Double(pattern.count) / images)
        }
        rules = found.rules(minimumConfidence: limits.confidence).map { rule in
            Rule(
                classes: rule.condition.map { names[$0] }, implies: names[rule.consequence],
                support: Double(rule.count) / images, confidence: rule.confidence,
                lift: rule.lift)
        }
        largestCombination = found.largestSize
    }
}
