import TensorCore

/// What the network should have said, for a batch of images.
public struct TargetBatch: Sendable {
    /// How logits become probabilities, and so what the labels mean.
    public enum Kind: String, Codable, CaseIterable, Sendable {
        /// One independent probability per class; one plane of 0, 1 or ignore per class.
        case sigmoid
        /// One distribution over all classes; one class index or ignore per pixel.
        case softmax
    }

    public let kind: Kind
    public let batch: Int
    public let classes: Int
    public let height: Int
    public let width: Int
    /// `[batch, classes, height, width]` for sigmoid, `[batch, height, width]` for softmax; 255 is
    /// ignored.
    public let labels: [UInt8]

    public init(
        kind: Kind, batch: Int, classes: Int, height: Int, width: Int, labels: [UInt8]
    ) {
        let planes = kind == .sigmoid ? classes : 1
        precondition(
            labels.count == batch * planes * height * width,
            "\(labels.count) labels for \(batch) images of \(planes) x \(height) x \(width)")
        self.kind = kind
        self.batch = batch
        self.classes = classes
        self.height = height
        self.width = width
        self.labels = labels
    }

    /// Whether any label is known.
    public var hasLabels: Bool { labels.contains { $0 != LabelMap.ignore } }

    /// One image of the batch.
    public func image(_ index: Int) -> TargetBatch {
        let count = labels.count / batch
        return TargetBatch(
            kind: kind, batch: 1, classes: classes, height: height, width: width,
            labels: Array(labels[index * count..<(index + 1) * count]))
    }
}
