import DurableFiles
import NeuralNetworks
import SegmentationData
import SegmentationMetrics
import SegmentationModels
import TensorCore

/// Scores a network on samples at the resolution that it trains at.
struct Validator {
    let assembler: BatchAssembler
    let loss: JointLoss
    let evaluation: EvaluationSection
    /// What the image head empties, where there is one.
    var presenceRule: PresenceRule?
    var checkStop: () throws -> Void = StopSignal.throwIfReceived

    struct Scores {
        /// Mean over the images of each image's own loss, so that it does not depend on batches; nil
        /// where no label counts in it.
        var loss: Double?
        var dice: Double?
        var iou: Double?
        var accuracy: Double?

        func value(_ score: MonitoredScore) -> Double? {
            switch score {
            case .loss: loss
            case .dice: dice
            case .iou: iou
            case .accuracy: accuracy
            }
        }
    }

    /// Nil where no pixel of any image is known. Called on `ComputeThread`.
    func scores(
        _ network: any SegmentationNetwork, backend: any ComputeBackend
    ) throws -> Scores? {
        let samples = assembler.data.validation
        guard !samples.isEmpty else { return nil }
        let size = assembler.batchSize
        let batches = (samples.count + size - 1) / size
        let prefetcher = Prefetcher(0..<batches) { [assembler] index in
            try assembler.batch(of: samples[index * size..<min((index + 1) * size, samples.count)])
        }
        defer { prefetcher.stop() }
        var losses: [Double] = []
        var images: [ImageCounts] = []
        while let batch = try prefetcher.next() {
            try checkStop()
            let (logits, presence) = network.predict(batch.image, backend: backend)
            for index in 0..<batch.target.batch {
                let target = batch.target.image(index)
                guard target.hasLabels else { continue }
                var own = logits.image(index)
                let presence = presence?.image(index)
                // Nil where the known pixels are all of classes that the loss leaves out: the image
                // still counts in the scores.
                if let value = loss.value(logits: own, presence: presence, target: target) {
                    guard value.isFinite else {
                        throw FloeError(
                            .numeric, "the validation loss is \(value) on '\(batch.ids[index])'",
                            advice: "lower optimizer.rate; the last good checkpoint is kept")
                    }
                    losses.append(value)
                }
                // Scores are those of what prediction will give.
                if let presenceRule, let presence {
                    own = presenceRule.emptied(own, presence: presence)
                }
                images.append(
                    ImageCounts(
                        id: batch.ids[index],
                        Labels.of(logits: own, target, threshold: evaluation.threshold),
                        target: target))
            }
        }
        guard !images.isEmpty else { return nil }
        func mean(_ metric: Metric) -> Double? {
            summarize(
                images: images, metric: metric, reduction: .perImage, absent: evaluation.absent,
                skipBackground: assembler.data.dataset.description.skipsBackground
            ).value
        }
        return Scores(
            loss: losses.isEmpty ? nil : losses.reduce(0, +) / Double(losses.count),
            dice: mean(.dice), iou: mean(.iou),
            accuracy: mean(.pixelAccuracy))
    }
}

/// From logits to decisions.
enum Labels {
    /// One plane of 0 and 1 per class for sigmoid, one class index per pixel for softmax.
    static func of(logits: Tensor, _ target: TargetBatch, threshold: Double) -> [UInt8] {
        let pixels = target.height * target.width
        return logits.withUnsafeElements { logits in
            switch target.kind {
            case .sigmoid:
                let cut = Float(logarithm(threshold / (1 - threshold)))
                return logits.map { $0 >= cut ? 1 : 0 }
            case .softmax:
                return (0..<pixels).map { pixel in
                    var best = 0
                    for k in 1..<max(1, target.classes)
                    where logits[k * pixels + pixel] > logits[best * pixels + pixel] { best = k }
                    return UInt8(best)
                }
            }
        }
    }
}

extension ImageCounts {
    /// Counts of one image's decisions against its target.
    init(id: String, _ labels: [UInt8], target: TargetBatch) {
        switch target.kind {
        case .sigmoid:
            self.init(
                id: id,
                counts: ConfusionCounts.perClass(
                    truth: target.labels, prediction: labels, classes: target.classes))
        case .softmax:
            self.init(
                id: id,
                confusion: ConfusionMatrix(
                    truth: LabelMap(
                        height: target.height, width: target.width, labels: target.labels),
                    prediction: LabelMap(
                        height: target.height, width: target.width, labels: labels),
                    classes: target.classes))
        }
    }
}

extension DatasetDescription {
    /// True where the first class is a background that scores should not be dominated by.
    public var skipsBackground: Bool {
        kind == .softmax && classes.first?.name.lowercased() == "background"
    }
}

extension Tensor {
    /// One image of a plain batch.
    func image(_ index: Int) -> Tensor {
        let (n, c, h, w) = shape.nchw
        precondition(index < n && layout == .plain, "no image \(index) in a batch of \(n)")
        return Tensor(
            withUnsafeElements { Array($0[index * c * h * w..<(index + 1) * c * h * w]) },
            shape: [1, c, h, w])
    }
}
