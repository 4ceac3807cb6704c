/// How often each class occurs, and the class weights that follow.
///
/// Sums of whole numbers, so that the order of the images does not matter.
public struct ClassFrequencies: Sendable, Hashable {
    /// Pixels of each class.
    public private(set) var present: [Int]
    /// Pixels at which it is known whether the class is there; for classes that exclude one another
    /// the same number for all.
    public private(set) var counted: [Int]
    /// The same, in images where the class occurs.
    public private(set) var countedWherePresent: [Int]

    public init(classes: Int) {
        present = [Int](repeating: 0, count: classes)
        (counted, countedWherePresent) = (present, present)
    }

    /// Adds an image's truth.
    ///
    /// - Parameter times: how often it counts (a bag may have drawn it more than once).
    public mutating func add(_ target: SegmentationTarget, times: Int = 1) {
        let classes = present.count
        let pixels = target.height * target.width
        let found = target.pixelCounts(classes: classes)
        for k in 0..<classes {
            let known: Int
            switch target {
            case .labels: known = pixels - found.ignored
            case .planes(let planes):
                known = planes.plane(k).reduce(0) { $0 + ($1 <= 1 ? 1 : 0) }
            }
            present[k] += times * found.classes[k]
            counted[k] += times * known
            if found.classes[k] > 0 { countedWherePresent[k] += times * known }
        }
    }

    /// All pixels over the pixels of the class; 0 for a class that never occurs.
    public var inverseWeights: [Double] {
        zip(counted, present).map { $1 > 0 ? Double($0) / Double($1) : 0 }
    }

    /// The median of the classes' frequencies over the class's own (Eigen and Fergus 2015); 0 for a
    /// class that never occurs, which does not enter the median.
    ///
    /// A class's frequency is its share of the pixels of the images in which it occurs.
    public var medianWeights: [Double] {
        let frequencies = zip(present, countedWherePresent).map {
            $0 > 0 ? Double($0) / Double($1) : 0
        }
        let sorted = frequencies.filter { $0 > 0 }.sorted()
        guard !sorted.isEmpty else { return frequencies }
        let median = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        return frequencies.map { $0 > 0 ? median / $0 : 0 }
    }

    /// Those of the samples drawn, each as often as it was drawn.
    ///
    /// - Throws: as `SegmentationDataset.sample(at:)`.
    public static func of(
        _ samples: [Int], in dataset: SegmentationDataset
    ) throws -> ClassFrequencies {
        var result = ClassFrequencies(classes: dataset.classNames.count)
        var times: [Int: Int] = [:]
        for index in samples { times[index, default: 0] += 1 }
        for (index, times) in times.sorted(by: { $0.key < $1.key }) {
            result.add(try dataset.sample(at: index).target, times: times)
        }
        return result
    }
}
