import ModelZoo
import TensorCore
import Training

/// What becomes of an ensemble's masks, class by class: `postprocessing` of its manifest.
///
/// The thresholds, which come first, are `combine.thresholds`. Sizes are pixels of the mask at its
/// own size: the scene's where it is predicted, the truth's where it is scored.
public struct PostProcessing: Codable, Hashable, Sendable {
    /// Which pixels of a class hang together.
    public var connectivity: ConnectedComponents.Connectivity
    /// In any order; a class that is not named stays as it is.
    public var classes: [ClassSteps]
    /// Where thresholds and sizes were searched, and what that gained.
    public var fit: PostProcessingFit?

    /// What is done with the mask of one class, in this order.
    public struct ClassSteps: Codable, Hashable, Sendable {
        public var `class`: String
        /// Components of fewer pixels are removed.
        public var minimumSize = 0
        /// Holes of up to so many pixels are filled.
        public var fillHoles = PostProcessingSection.HoleLimit.atMost(0)
        /// Only the component of most pixels stays; of several as large the first.
        public var largestOnly = false
        /// Components are replaced by their convex hulls.
        public var convexHull = false

        public init(class name: String) { self.class = name }

        private enum CodingKeys: String, CodingKey {
            case `class`, minimumSize, fillHoles, largestOnly, convexHull
        }

        public init(from decoder: any Decoder) throws {
            let keys = try decoder.container(keyedBy: CodingKeys.self)
            self.class = try keys.decode(String.self, forKey: .class)
            minimumSize = try keys.decodeIfPresent(Int.self, forKey: .minimumSize) ?? minimumSize
            fillHoles =
                try keys.decodeIfPresent(
                    PostProcessingSection.HoleLimit.self, forKey: .fillHoles) ?? fillHoles
            largestOnly = try keys.decodeIfPresent(Bool.self, forKey: .largestOnly) ?? largestOnly
            convexHull = try keys.decodeIfPresent(Bool.self, forKey: .convexHull) ?? convexHull
        }

        /// Whether the mask stays as it is.
        public var isEmpty: Bool { minimumSize <= 1 && !hasLaterSteps }

        /// Whether anything follows the removal of small components.
        var hasLaterSteps: Bool { fillHoles != .atMost(0) || largestOnly || convexHull }

        /// The steps after the removal of small components.
        func later(
            _ mask: BinaryMask, _ connectivity: ConnectedComponents.Connectivity
        ) -> BinaryMask {
            var result = mask
            switch fillHoles {
            case .all: result = result.fillingHoles(connectivity: connectivity)
            case .atMost(0): break
            case .atMost(let size):
                result = result.fillingHoles(atMost: size, connectivity: connectivity)
            }
            if largestOnly { result = result.keepingLargestComponent(connectivity: connectivity) }
            if convexHull { result = result.hullsOfComponents(connectivity: connectivity) }
            return result
        }

        /// All steps.
        func applied(
            to mask: BinaryMask, _ connectivity: ConnectedComponents.Connectivity
        ) -> BinaryMask {
            later(
                mask.removingComponents(below: minimumSize, connectivity: connectivity),
                connectivity)
        }

        /// For a line of text: `from 100 pixels on, holes filled`.
        public var words: String {
            var words: [String] = []
            if minimumSize > 1 { words.append("components from \(minimumSize) pixels on") }
            switch fillHoles {
            case .all: words.append("holes filled")
            case .atMost(0): break
            case .atMost(let size): words.append("holes of up to \(size) pixels filled")
            }
            if largestOnly { words.append("the largest only") }
            if convexHull { words.append("convex hulls") }
            return words.joined(separator: ", ")
        }
    }

    public init(
        connectivity: ConnectedComponents.Connectivity = .eight, classes: [ClassSteps] = []
    ) {
        self.connectivity = connectivity
        self.classes = classes
    }

    private enum CodingKeys: String, CodingKey { case connectivity, classes, fit }

    public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        connectivity =
            try keys.decodeIfPresent(
                ConnectedComponents.Connectivity.self, forKey: .connectivity) ?? .eight
        classes = try keys.decodeIfPresent([ClassSteps].self, forKey: .classes) ?? []
        fit = try keys.decodeIfPresent(PostProcessingFit.self, forKey: .fit)
    }

    /// What a recipe asks for, for the classes of an ensemble.
    public init(_ section: PostProcessingSection, _ output: MemberManifest.Output) {
        self.init(connectivity: section.connectivity)
        for (index, name) in output.classes.map(\.name).enumerated() {
            let steps = section.steps(of: name, isBackground: index == 0 && output.hasBackground)
            var own = ClassSteps(class: name)
            own.minimumSize = steps.minimumSize ?? own.minimumSize
            own.fillHoles = steps.fillHoles ?? own.fillHoles
            own.largestOnly = steps.largestOnly ?? own.largestOnly
            own.convexHull = steps.convexHull ?? own.convexHull
            if !own.isEmpty { classes.append(own) }
        }
    }

    /// What is out of range, if anything.
    var problem: (key: String, expected: String, got: String)? {
        let sizes = 0...PostProcessingSection.largestSize
        for (index, own) in classes.enumerated() {
            let key = "key 'postprocessing.classes[\(index)]"
            if !sizes.contains(own.minimumSize) {
                return ("\(key).minimumSize'", "at least 0 pixels", "\(own.minimumSize)")
            }
            if case .atMost(let size) = own.fillHoles, !sizes.contains(size) {
                return ("\(key).fillHoles'", "all, none or a number of pixels", "\(size)")
            }
            if classes[..<index].contains(where: { $0.class == own.class }) {
                return ("\(key).class'", "each class once", "'\(own.class)' again")
            }
        }
        return nil
    }

    /// What is done with a class.
    func steps(of name: String) -> ClassSteps {
        classes.first { $0.class == name } ?? ClassSteps(class: name)
    }

    /// Puts in the minimum size of a class; classes keep the order of `names`.
    mutating func setMinimumSize(_ size: Int, of name: String, among names: [String]) {
        var own = steps(of: name)
        own.minimumSize = size
        classes.removeAll { $0.class == name }
        if !own.isEmpty { classes.append(own) }
        classes.sort {
            names.firstIndex(of: $0.class) ?? names.count
                < names.firstIndex(of: $1.class) ?? names.count
        }
    }
}

extension MemberManifest.Output {
    /// Whether the first class is what is left over: softmax, and named `background`.
    public var hasBackground: Bool {
        activation == .softmax && classes.first?.name.lowercased() == "background"
    }
}
