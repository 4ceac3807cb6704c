import NeuralNetworks
import SegmentationMetrics
import TensorCore

extension ImageCounts {
    /// Counts one image's decisions against its truth.
    ///
    /// - Parameter decisions: a class index per pixel, or one plane of 0 and 1 per class.
    init(id: String, group: String?, truth: TargetBatch, decisions: [UInt8]) {
        switch truth.kind {
        case .sigmoid:
            self.init(
                id: id, group: group,
                counts: ConfusionCounts.perClass(
                    truth: truth.labels, prediction: decisions, classes: truth.classes))
        case .softmax:
            self.init(
                id: id, group: group,
                confusion: ConfusionMatrix(
                    truth: LabelMap(
                        height: truth.height, width: truth.width, labels: truth.labels),
                    prediction: LabelMap(
                        height: truth.height, width: truth.width, labels: decisions),
                    classes: truth.classes))
        }
    }
}
