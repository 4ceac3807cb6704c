import DurableFiles
import ModelZoo
import SegmentationData
import SegmentationMetrics
import TensorCore
import Training

/// Runs the members of an ensemble one after another over a scene.
///
/// Only the running sums of one band of rows are held; a scene that does not fit is run band by band.
/// Of the networks as many are kept as `HeldMembers` has room for.
public struct EnsemblePredictor {
    public let ensemble: OpenedEnsemble
    private let backend: any ComputeBackend
    private let bandBytes: Int
    private let held: HeldMembers
    let testTime: TestTimeAugmentation?

    /// Rows of a scene and what the ensemble says of them.
    public struct Band {
        public var rows: Range<Int>
        /// `[class][row][column]`; empty where only labels were asked for.
        public var probabilities: [Float]
        /// A class index per pixel, or `[class][row][column]` of 0 and 1.
        public var decisions: [UInt8]
        /// How uncertain the members are, as shares of the largest: `[part][map][row][column]` with
        /// the parts total, data and disagreement; empty where it was not asked for.
        public var uncertainty: [Float] = []
    }

    /// - Parameters:
    ///   - bandBytes: memory for the running sums.
    ///   - held: networks that are kept; one for several predictors spares loading them again.
    ///   - testTime: movements under which images are predicted; nil takes each member's own.
    public init(
        _ ensemble: OpenedEnsemble, backend: any ComputeBackend, bandBytes: Int = 400 << 20,
        held: HeldMembers = HeldMembers(), testTime: TestTimeAugmentation? = nil
    ) {
        self.held = held
        self.testTime = testTime
        self.ensemble = ensemble
        self.backend = backend
        self.bandBytes = bandBytes
    }

    /// The member at a position; where it is loaded its digests are checked again.
    func member(_ index: Int) throws -> MemberPredictor {
        let member = ensemble.members[index]
        return try held.member(member.sha256) {
            do {
                return try MemberPredictor(member.path, expecting: member.sha256, backend: backend)
            } catch let error as FloeError {
                throw EnsembleStore.asBadData(error, member.path)
            }
        }
    }

    /// The rows of a scene that are run at a time.
    ///
    /// - Parameters:
    ///   - multiple: of which all but the last are.
    ///   - bytesBesides: of every pixel, besides what the combiner and the windows hold.
    func bands(
        of scene: any SceneSource, multiple: Int = 1, bytesBesides: Int = 0
    ) -> [Range<Int>] {
        // STAPLE weighs members by the whole scene.
        if ensemble.rule.method == .staple { return [0..<scene.height] }
        let fitting = rowsThatFit(of: scene, bytesBesides: bytesBesides)
        let count = max(multiple, fitting / multiple * multiple)
        return stride(from: 0, to: scene.height, by: count).map {
            $0..<min($0 + count, scene.height)
        }
    }

    /// How many rows of a scene the memory for running sums holds.
    func rowsThatFit(of scene: any SceneSource, bytesBesides: Int = 0) -> Int {
        let classes = ensemble.classes
        // What the combiner holds, and one member's windows: sums in double precision, and the map.
        let perRow =
            scene.width
            * (Combiner.bytesPerPixel(ensemble.rule, classes: classes) + classes * 12 + bytesBesides)
        return max(64, bandBytes / max(1, perRow))
    }

    /// Hands over the scene's bands from top to bottom.
    ///
    /// - Throws: `FloeError` that names a member's manifest where this member cannot be loaded or
    ///   its output is not finite; see `OpenedEnsemble.leavingOut(memberOf:allowing:)`.
    public func predict(
        _ scene: any SceneSource, withUncertainty: Bool = false, _ body: (Band) throws -> Void
    ) throws {
        let classes = ensemble.classes
        try ensemble.checkStapleSize(height: scene.height, width: scene.width)
        let predictor = ScenePredictor(scene, testTime: testTime)
        let weights = ensemble.weights
        let bands = bands(of: scene, bytesBesides: withUncertainty ? 16 * classes : 0)
        for rows in bands {
            let pixels = rows.count * scene.width
            var combiner = Combiner(ensemble.rule, classes: classes, pixels: pixels)
            var uncertainty = withUncertainty ? ensemble.uncertainty(pixels: pixels) : nil
            for index in ensemble.members.indices {
                let probabilities = try predictor.probabilities(
                    try member(index), position: index, rows: rows)
                uncertainty?.add(probabilities, weight: ensemble.meanWeight(of: index))
                combiner.add(
                    probabilities, weights: weights[index],
                    thresholds: ensemble.members[index].thresholds)
            }
            let maps = MemberUncertainty.Part.allCases.compactMap {
                uncertainty?.map($0, in: .shareOfLargest)
            }
            try body(
                Band(
                    rows: rows, probabilities: combiner.probabilities(),
                    decisions: combiner.decisions(), uncertainty: Array(maps.joined())))
        }
    }
}
