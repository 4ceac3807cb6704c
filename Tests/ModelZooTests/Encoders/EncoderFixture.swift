import Foundation
import ModelZoo
import TensorCore
import TestSupport

/// One file of `Tests/Fixtures/encoders`, and what PyTorch computes with its weights in double
/// precision (`scripts/golden/encoder_fixtures.py`).
struct EncoderFixture: Decodable, Sendable, CustomStringConvertible {
    /// Some values of a map.
    struct Map: Decodable, Sendable {
        var shape: [Int]
        var largest: Double
        var places: [Int]
        var values: [Double]

        /// Largest difference over the map's largest value; infinite for another shape.
        func error(of tensor: Tensor) -> Double {
            guard tensor.shape.dimensions == shape else { return .infinity }
            let got = tensor.values
            return zip(places, values).reduce(0) { worst, sample in
                max(worst, abs(Double(got[sample.0]) - sample.1) / largest)
            }
        }
    }

    var file: String
    var encoder: String?
    var dialect: String?
    var features: [Map]?
    var logits: Map?

    var description: String { file }

    static let all: [EncoderFixture] = (try? Golden.load("encoders")) ?? []
    static let encoders = all.filter { $0.features != nil }
    static let networks = all.filter { $0.logits != nil }

    static func path(_ name: String, in folder: String = "encoders") -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Fixtures/\(folder)/\(name)").path
    }

    var path: String { Self.path(file) }

    /// The script's input, in the convention of the source.
    var picture: Tensor {
        let name = dialect ?? "milesial"
        let (scale, shift): (Double, Double) =
            switch dialect {
            case "torchvision": (2, 0)
            case "classification-models": (127, 128)
            case nil: (1, 0)
            default: (100, 0)
            }
        let values = ClosedForm.uniform("picture \(name)", count: 3 * 32 * 32).map {
            Float(Double(Float($0)) * scale + shift)
        }
        return Tensor(values, shape: [1, 3, 32, 32])
    }
}
