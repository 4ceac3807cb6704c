import DurableFiles
import NeuralNetworks
import SegmentationData
import TensorCore
import Training

/// Some pixels of the images that are fitted on, and what every member says of them.
///
/// The pixels of an image are drawn among those with a truth by counter-based random numbers: they
/// depend on the image's place in the data set and on how many are wanted, and on nothing else.
struct FitSample {
    /// The drawn pixels of one image.
    struct Image {
        /// Members that speak of it, in manifest order.
        var voters: [Int]
        /// Of height 1: the pixels in their order.
        var truth: TargetBatch
        /// For every voter `[class][pixel]`.
        var answers: [[Float]]

        var pixels: Int { truth.width }
    }

    /// For scores of masks.
    private(set) var masks: [Image] = []
    /// For the logarithm of probabilities.
    private(set) var losses: [Image] = []

    /// Pixels of an image whose masks are scored: all of one of 256 x 256.
    static let mostMaskPixels = 1 << 16
    /// Pixels of an image for the log loss; neighbours say much the same.
    static let mostLossPixels = 1 << 12
    /// Probabilities that are held at most, by all images, members and classes together.
    static let mostMaskValues = 1 << 26
    static let mostLossValues = 1 << 24

    /// Predicts every image once by its voters.
    ///
    /// - Parameter onImage: is told how many images are done, and of how many.
    init(
        _ evaluator: ImageEvaluator, voters: [OutOfBag.Voters], plan: CombineFitPlan,
        onImage: (Int, Int) -> Void
    ) throws {
        let ensemble = evaluator.ensemble
        func limit(_ most: Int, _ values: Int) -> Int {
            min(most, max(1, values / (voters.count * ensemble.members.count * ensemble.classes)))
        }
        let maskLimit = limit(Self.mostMaskPixels, Self.mostMaskValues)
        let lossLimit = limit(Self.mostLossPixels, Self.mostLossValues)
        for (done, image) in voters.enumerated() {
            try StopSignal.throwIfReceived()
            var mask: Drawing?
            var loss: Drawing?
            _ = try evaluator.combine(image.index, members: image.members) {
                answer, _, truth in
                if mask == nil, loss == nil {
                    let stream = RandomStream(seed: 1, purpose: .fitting, sample: image.index)
                    let known = Self.known(truth)
                    if plan.needsLogLoss { loss = Drawing(truth, known, lossLimit, stream) }
                    if plan.needsDice {
                        mask = Drawing(truth, known, maskLimit, stream.substream(1))
                    }
                }
                mask?.take(answer.probabilities)
                loss?.take(answer.probabilities)
            }
            if let image = mask?.image(voters: image.members) { masks.append(image) }
            if let image = loss?.image(voters: image.members) { losses.append(image) }
            onImage(done + 1, voters.count)
        }
    }

    /// Pixels of which some class has a truth.
    private static func known(_ truth: TargetBatch) -> [Int32] {
        let pixels = truth.height * truth.width
        return truth.labels.withUnsafeBufferPointer { labels in
            (0..<Int32(pixels)).filter { pixel in
                stride(from: Int(pixel), to: labels.count, by: pixels).contains {
                    labels[$0] != LabelMap.ignore
                }
            }
        }
    }

    /// Some of `known` without repetition, in their order.
    static func drawn(_ known: [Int32], most limit: Int, _ stream: RandomStream) -> [Int32] {
        guard known.count > limit else { return known }
        var stream = stream
        var pool = known
        for place in 0..<limit {
            pool.swapAt(place, place + stream.index(below: pool.count - place))
        }
        return pool[..<limit].sorted()
    }

    /// The drawn pixels of an image while its members are run.
    private struct Drawing {
        private let truth: TargetBatch
        private let places: [Int32]
        private var answers: [[Float]] = []

        init(_ truth: TargetBatch, _ known: [Int32], _ limit: Int, _ stream: RandomStream) {
            self.truth = truth
            places = FitSample.drawn(known, most: limit, stream)
        }

        private func gathered<Value>(_ values: [Value], planes: Int) -> [Value] {
            let pixels = truth.height * truth.width
            var result: [Value] = []
            result.reserveCapacity(planes * places.count)
            values.withUnsafeBufferPointer { values in
                for plane in 0..<planes {
                    for place in places { result.append(values[plane * pixels + Int(place)]) }
                }
            }
            return result
        }

        mutating func take(_ probabilities: [Float]) {
            answers.append(gathered(probabilities, planes: truth.classes))
        }

        /// Nil where no pixel has a truth.
        func image(voters: [Int]) -> Image? {
            guard !places.isEmpty else { return nil }
            let planes = truth.kind == .sigmoid ? truth.classes : 1
            return Image(
                voters: voters,
                truth: TargetBatch(
                    kind: truth.kind, batch: 1, classes: truth.classes, height: 1,
                    width: places.count, labels: gathered(truth.labels, planes: planes)),
                answers: answers)
        }
    }
}

extension FitSample.Image {
    /// The same by some of its voters only; nil where it has none of them.
    func keeping(_ members: Set<Int>) -> FitSample.Image? {
        let kept = voters.indices.filter { members.contains(voters[$0]) }
        guard !kept.isEmpty else { return nil }
        return FitSample.Image(
            voters: kept.map { voters[$0] }, truth: truth, answers: kept.map { answers[$0] })
    }
}
