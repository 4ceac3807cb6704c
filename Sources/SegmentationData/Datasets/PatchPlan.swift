/// How photos are cut into patches; patches are windows on the photo, never copies on disk.
public struct PatchPlan: Codable, Sendable, Hashable {
    public var size: ImageSize
    public var stride: ImageSize

    public init(size: ImageSize, stride: ImageSize? = nil) {
        self.size = size
        self.stride = stride ?? size
    }

    private enum CodingKeys: String, CodingKey, CaseIterable { case size, stride }

    public init(from decoder: any Decoder) throws {
        if (try? decoder.container(keyedBy: CodingKeys.self)) == nil {
            self.init(size: try ImageSize(from: decoder))
            return
        }
        try UnknownKeys.refuse(in: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            size: try container.decode(ImageSize.self, forKey: .size),
            stride: try container.decodeIfPresent(ImageSize.self, forKey: .stride))
    }

    /// The upper left corners along one axis; the last patch is shifted to end at the edge.
    ///
    /// An axis that is shorter than a patch has one; windows of a prediction are filled up there.
    static func starts(extent: Int, size: Int, stride: Int) -> [Int] {
        guard extent > size else { return [0] }
        var starts = Array(Swift.stride(from: 0, through: extent - size, by: stride))
        if let last = starts.last, last < extent - size { starts.append(extent - size) }
        return starts
    }
}
