/// The Hausdorff distances of one class over images: their mean, and how many there were not.
public struct HausdorffSums: Hashable, Sendable {
    /// The sum of the distances in pixels.
    public private(set) var sum = 0.0
    /// Images with a distance.
    public private(set) var measured = 0
    /// Images where only truth or only prediction has a contour.
    public private(set) var undefined = 0
    /// Images where neither has one.
    public private(set) var absent = 0

    /// Nothing counted yet, to add to.
    public init() {}

    public init(_ distances: some Sequence<HausdorffDistance>) {
        for distance in distances { add(distance) }
    }

    /// Counts one image.
    public mutating func add(_ distance: HausdorffDistance) {
        switch distance {
        case .pixels(let value):
            sum += value
            measured += 1
        case .undefined: undefined += 1
        case .absent: absent += 1
        }
    }

    /// The mean over the images that have a distance, in pixels; nil where none has.
    ///
    /// It speaks for those images only. A model that misses a class altogether is not charged here,
    /// so that ``undefined`` belongs beside every mean.
    public var mean: Double? { measured > 0 ? sum / Double(measured) : nil }

    public static func + (left: HausdorffSums, right: HausdorffSums) -> HausdorffSums {
        var sum = left
        sum += right
        return sum
    }

    public static func += (left: inout HausdorffSums, right: HausdorffSums) {
        left.sum += right.sum
        left.measured += right.measured
        left.undefined += right.undefined
        left.absent += right.absent
    }
}
