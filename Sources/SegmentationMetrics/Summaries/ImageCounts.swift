/// The confusion counts of one image, class by class: all that its scores need.
public struct ImageCounts: Hashable, Sendable {
    public let id: String
    /// What is drawn and resampled as one (scene, patient, day); nil where each image is by itself.
    public let group: String?
    /// Per class, in the order of the classes.
    public let counts: [ConfusionCounts]
    /// Class by class over the pixels of a label map; nil for classes that may overlap.
    public let confusion: ConfusionMatrix?

    /// An image whose classes exclude one another.
    public init(id: String, group: String? = nil, confusion: ConfusionMatrix) {
        self.id = id
        self.group = group
        self.counts = confusion.countsPerClass
        self.confusion = confusion
    }

    /// An image whose classes may overlap, each with a mask of its own.
    public init(id: String, group: String? = nil, counts: [ConfusionCounts]) {
        precondition(!counts.isEmpty, "an image without classes")
        self.id = id
        self.group = group
        self.counts = counts
        self.confusion = nil
    }

    /// The score of this image; see
    /// ``summarize(images:classes:metric:reduction:absent:skipBackground:)``.
    public func score(
        _ metric: Metric, classes: [Int]? = nil, absent: AbsentClassPolicy,
        skipBackground: Bool = false
    ) -> Double? {
        summary(metric, classes: classes, absent: absent, skipBackground: skipBackground).value
    }

    func summary(
        _ metric: Metric, classes: [Int]?, absent: AbsentClassPolicy, skipBackground: Bool
    ) -> ScoreSummary {
        if metric == .pixelAccuracy, classes == nil, let confusion {
            return ScoreSummary(meanOf: [confusion.pixelAccuracy])
        }
        var chosen = classes ?? Array(counts.indices)
        if skipBackground, confusion != nil { chosen.removeAll { $0 == 0 } }
        return ScoreSummary(meanOf: chosen.map { counts[$0].score(metric, absent: absent) })
    }

    /// The counts of all images together, or nil for no image.
    static func pooled(_ images: [ImageCounts]) -> ImageCounts? {
        guard let first = images.first else { return nil }
        if var sum = first.confusion {
            for image in images.dropFirst() {
                guard let confusion = image.confusion else {
                    preconditionFailure("\(image.id) has masks where \(first.id) has a label map")
                }
                sum += confusion
            }
            return ImageCounts(id: "pooled", confusion: sum)
        }
        var sums = first.counts
        for image in images.dropFirst() {
            precondition(
                image.counts.count == sums.count && image.confusion == nil,
                "\(image.id) and \(first.id) differ in classes")
            for index in sums.indices { sums[index] += image.counts[index] }
        }
        return ImageCounts(id: "pooled", counts: sums)
    }
}

extension ImageCounts: Codable {
    private enum CodingKeys: String, CodingKey {
        case id, group, counts, confusion
    }

    /// Reads either form; the counts of a label map follow from its confusion matrix.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let id = try container.decode(String.self, forKey: .id)
        let group = try container.decodeIfPresent(String.self, forKey: .group)
        if let confusion = try container.decodeIfPresent(ConfusionMatrix.self, forKey: .confusion) {
            self.init(id: id, group: group, confusion: confusion)
            return
        }
        let counts = try container.decode([ConfusionCounts].self, forKey: .counts)
        guard !counts.isEmpty else {
            throw DecodingError.dataCorruptedError(
                forKey: .counts, in: container,
                debugDescription: "expected the counts of at least one class, got none")
        }
        self.init(id: id, group: group, counts: counts)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encodeIfPresent(group, forKey: .group)
        if let confusion {
            try container.encode(confusion, forKey: .confusion)
        } else {
            try container.encode(counts, forKey: .counts)
        }
    }
}
