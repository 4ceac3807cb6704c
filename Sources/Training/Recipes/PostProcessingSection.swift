import SegmentationData
import SegmentationMetrics
import TensorCore

/// `postprocessing:` what becomes of an ensemble's masks, and what is tried to find it.
///
/// `floe ensemble build` writes it into the ensemble's manifest; training does not use it. Sizes are
/// pixels of the mask at its own size: the scene's for `floe predict`, the truth's for scores.
public struct PostProcessingSection: Codable, Hashable, Sendable {
    /// Which pixels of a class hang together.
    public var connectivity = ConnectedComponents.Connectivity.eight
    /// Of every class but the background.
    public var steps = Steps()
    /// Of single classes, by name; what one of them leaves open is as for all.
    public var classes: [String: Steps] = [:]
    /// What `floe ensemble fit --postprocessing` tries.
    public var search: Search?

    /// What is done with the mask of a class; nil leaves it open.
    public struct Steps: Codable, Hashable, Sendable {
        /// Probability from which on a pixel is of the class; for single sigmoid classes.
        public var threshold: Double?
        /// Components of fewer pixels are removed.
        public var minimumSize: Int?
        /// Holes of up to so many pixels are filled.
        public var fillHoles: HoleLimit?
        /// Only the component of most pixels stays.
        public var largestOnly: Bool?
        /// Components are replaced by their convex hulls.
        public var convexHull: Bool?

        public init() {}

        fileprivate enum CodingKeys: String, CodingKey {
            case threshold
            case minimumSize = "minimum-size"
            case fillHoles = "fill-holes"
            case largestOnly = "largest-only"
            case convexHull = "convex-hull"
        }

        /// What is open filled in.
        func over(_ others: Steps) -> Steps {
            var result = self
            result.minimumSize = minimumSize ?? others.minimumSize
            result.fillHoles = fillHoles ?? others.fillHoles
            result.largestOnly = largestOnly ?? others.largestOnly
            result.convexHull = convexHull ?? others.convexHull
            return result
        }
    }

    /// Which holes are filled: `all`, `none`, or a number of pixels.
    public enum HoleLimit: Codable, Hashable, Sendable {
        case all
        case atMost(Int)

        public init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let size = try? container.decode(Int.self) {
                self = .atMost(size)
                return
            }
            switch try? container.decode(String.self) {
            case "all": self = .all
            case "none": self = .atMost(0)
            default:
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "expected all, none or a number of pixels")
            }
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .all: try container.encode("all")
            case .atMost(0): try container.encode("none")
            case .atMost(let size): try container.encode(size)
            }
        }
    }

    /// A grid of thresholds and minimum sizes, searched class by class.
    public struct Search: Codable, Hashable, Sendable {
        /// For classes that may overlap; nil tries 0.3 to 0.9 by 0.05.
        public var thresholds: [Double]?
        public var sizes = [0, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000]
        /// `dice` or `iou`.
        public var metric = Metric.dice
        /// What a class scores that is in neither truth nor prediction; nil is as in `evaluation`.
        public var absent: AbsentClassPolicy?

        public static let defaultThresholds = (6...18).map { Double($0) / 20 }

        public init() {}

        private enum CodingKeys: String, CodingKey { case thresholds, sizes, metric, absent }

        public init(from decoder: any Decoder) throws {
            let keys = try decoder.container(keyedBy: CodingKeys.self)
            thresholds = try keys.decodeIfPresent([Double].self, forKey: .thresholds)
            sizes = try keys.decodeIfPresent([Int].self, forKey: .sizes) ?? sizes
            metric = try keys.decodeIfPresent(Metric.self, forKey: .metric) ?? metric
            absent = try keys.decodeIfPresent(AbsentClassPolicy.self, forKey: .absent)
        }
    }

    public init() {}

    /// What is done with a class: its own steps, and those of all for what they leave open.
    ///
    /// - Parameter isBackground: the background has only what is said of itself.
    public func steps(of name: String, isBackground: Bool) -> Steps {
        let own = classes[name] ?? Steps()
        return isBackground ? own : own.over(steps)
    }

    private enum CodingKeys: String, CodingKey {
        case connectivity, classes, search
        case minimumSize = "minimum-size"
        case fillHoles = "fill-holes"
        case largestOnly = "largest-only"
        case convexHull = "convex-hull"
    }

    public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        connectivity =
            try keys.decodeIfPresent(
                ConnectedComponents.Connectivity.self, forKey: .connectivity) ?? connectivity
        steps.minimumSize = try keys.decodeIfPresent(Int.self, forKey: .minimumSize)
        steps.fillHoles = try keys.decodeIfPresent(HoleLimit.self, forKey: .fillHoles)
        steps.largestOnly = try keys.decodeIfPresent(Bool.self, forKey: .largestOnly)
        steps.convexHull = try keys.decodeIfPresent(Bool.self, forKey: .convexHull)
        classes = try keys.decodeIfPresent([String: Steps].self, forKey: .classes) ?? classes
        search = try keys.decodeIfPresent(Search.self, forKey: .search)
    }

    public func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(connectivity, forKey: .connectivity)
        try keys.encodeIfPresent(steps.minimumSize, forKey: .minimumSize)
        try keys.encodeIfPresent(steps.fillHoles, forKey: .fillHoles)
        try keys.encodeIfPresent(steps.largestOnly, forKey: .largestOnly)
        try keys.encodeIfPresent(steps.convexHull, forKey: .convexHull)
        if !classes.isEmpty { try keys.encode(classes, forKey: .classes) }
        try keys.encodeIfPresent(search, forKey: .search)
    }
}

extension PostProcessingSection {
    /// No picture has more pixels.
    public static let largestSize = 1 << 40

    func check(_ check: RecipeCheck, _ data: DatasetDescription) throws {
        try Self.check(steps, "postprocessing", check)
        let names = data.classes.map(\.name)
        for (name, steps) in classes.sorted(by: { $0.key < $1.key }) {
            let key = "postprocessing.classes.\(name)"
            try check.require(
                names.contains(name), "postprocessing.classes", names.joined(separator: " or "),
                name)
            try Self.check(steps, key, check)
            if let threshold = steps.threshold {
                try check.require(
                    data.kind == .sigmoid, "\(key).threshold", "none for softmax", threshold)
                try check.require(
                    threshold > 0 && threshold < 1, "\(key).threshold", "between 0 and 1",
                    threshold)
            }
        }
        try search?.check(check, kind: data.kind)
    }

    private static func check(_ steps: Steps, _ key: String, _ check: RecipeCheck) throws {
        if let size = steps.minimumSize {
            try check.require(
                (0...largestSize).contains(size), "\(key).minimum-size", "at least 0 pixels", size)
        }
        if case .atMost(let size)? = steps.fillHoles {
            try check.require(
                (0...largestSize).contains(size), "\(key).fill-holes",
                "all, none or a number of pixels", size)
        }
    }
}

extension PostProcessingSection.Search {
    func check(_ check: RecipeCheck, kind: OutputKind) throws {
        let key = "postprocessing.search"
        if let thresholds {
            try check.require(
                kind == .sigmoid, "\(key).thresholds", "none for softmax", thresholds)
            try check.require(
                (1...1000).contains(thresholds.count)
                    && thresholds.allSatisfy { $0 > 0 && $0 < 1 },
                "\(key).thresholds", "1 to 1000 numbers between 0 and 1", thresholds)
        }
        try check.require(
            (1...1000).contains(sizes.count)
                && sizes.allSatisfy { (0...PostProcessingSection.largestSize).contains($0) },
            "\(key).sizes", "1 to 1000 numbers of at least 0 pixels", sizes)
        try check.require(
            metric == .dice || metric == .iou, "\(key).metric", "dice or iou", metric.rawValue)
    }
}
