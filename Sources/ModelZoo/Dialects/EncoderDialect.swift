import SegmentationModels
import TensorCore

/// Who trained a ResNet: decides its names, its graph and what its input looks like. Shapes alone do
/// not tell these apart.
public enum EncoderDialect: String, Codable, CaseIterable, Sendable {
    /// Keras Applications, tf.keras, Keras 3.
    case keras
    /// fchollet's deep-learning-models 0.2, under the same file name as the one above.
    case fchollet
    /// qubvel's classification_models, and the encoder of segmentation_models (Keras).
    case classificationModels = "classification-models"
    /// torchvision, timm, and the encoder of segmentation_models.pytorch.
    case torchvision

    /// What the published weights were trained in.
    public var graph: EncoderGraph {
        switch self {
        case .keras: .keras
        case .fchollet: .fchollet
        case .classificationModels: .classificationModels
        case .torchvision: .torchvision
        }
    }

    /// What the published weights were trained on.
    public var convention: InputConvention {
        switch self {
        case .keras, .fchollet: .caffe
        case .classificationModels: .raw
        case .torchvision: .imageNet
        }
    }
}

/// What an encoder's input looked like in training: stored values of 0 to 255 times `scale`, minus
/// `mean`, over `deviation`, band by band.
public struct InputConvention: Codable, Hashable, Sendable {
    public enum Order: String, Codable, CaseIterable, Sendable { case rgb, bgr }

    /// Of the bands as the source took them; Floe's encoders take red, green, blue.
    public var sourceOrder: Order
    /// Multiplies stored values of 0 to 255.
    public var scale: Double
    /// Of red, green and blue, after scaling.
    public var mean: [Double]
    /// Of red, green and blue, after scaling.
    public var deviation: [Double]

    public init(sourceOrder: Order, scale: Double, mean: [Double], deviation: [Double]) {
        self.sourceOrder = sourceOrder
        self.scale = scale
        self.mean = mean
        self.deviation = deviation
    }

    /// 0 to 1, ImageNet's mean and deviation.
    public static let imageNet = InputConvention(
        sourceOrder: .rgb, scale: 1.0 / 255, mean: [0.485, 0.456, 0.406],
        deviation: [0.229, 0.224, 0.225])
    /// 0 to 255, blue first, ImageNet's mean subtracted.
    public static let caffe = InputConvention(
        sourceOrder: .bgr, scale: 1, mean: [123.68, 116.779, 103.939], deviation: [1, 1, 1])
    /// 0 to 255 as they are: the network normalises them.
    public static let raw = InputConvention(
        sourceOrder: .rgb, scale: 1, mean: [0, 0, 0], deviation: [1, 1, 1])
}

extension InputConvention {
    /// Stored values of 0 to 255, `[batch, 3, height, width]` in the order red, green, blue, as the
    /// encoder takes them.
    public func applied(to image: Tensor) -> Tensor {
        var result = image.converted(to: .plain)
        let pixels = image.shape[2] * image.shape[3]
        result.withUnsafeMutableElements { values in
            for index in values.indices {
                let band = index / pixels % 3
                values[index] = Float(
                    (Double(values[index]) * scale - mean[band]) / deviation[band])
            }
        }
        return result
    }
}

extension Tensor {
    /// An image `[batch, bands, height, width]` with its bands in the opposite order.
    public func reversingBands() -> Tensor { converted(to: .plain).reversingInputs() }
}
