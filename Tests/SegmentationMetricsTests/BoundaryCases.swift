import SegmentationMetrics
import TensorCore
import TestSupport

/// Label maps and what scipy and MONAI make of them (scripts/golden/boundaries.py).
struct BoundaryCase: Decodable, Sendable, CustomStringConvertible {
    static let all = (try? Golden.load("boundaries", as: [BoundaryCase].self)) ?? []
    static let classes = 4

    /// A distance, or why there is none.
    struct Distance: Decodable, Sendable {
        var value: HausdorffDistance

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Double.self) {
                value = .pixels(number)
            } else {
                value = try container.decode(String.self) == "absent" ? .absent : .undefined
            }
        }
    }

    var name: String
    var height: Int
    var width: Int
    /// Of a block of equal pixels.
    var rows: Int
    var columns: Int
    var shift: Int
    var ignored: Double
    var distance: Int
    /// TP, FP, FN, TN of each class.
    var boundary: [[Int]]
    var wider: [[Int]]
    var hausdorff95: [Distance]
    var hausdorff: [Distance]

    var description: String { name }

    private func blocks(_ part: String) -> [Double] {
        let across = (width + columns - 1) / columns
        let down = (height + rows - 1) / rows
        let noise = ClosedForm.uniform("\(name)-\(part)", count: across * down)
        return (0..<height * width).map { noise[$0 / width / rows * across + $0 % width / columns] }
    }

    private func labels(_ part: String) -> [UInt8] {
        blocks(part).map { UInt8(($0 + 1) / 2 * Double(Self.classes)) }
    }

    /// The truth, 255 where it is ignored.
    var truth: LabelMap {
        let known = zip(labels("truth"), blocks("ignored")).map { label, value in
            value >= 2 * ignored - 1 ? label : LabelMap.ignore
        }
        return LabelMap(height: height, width: width, labels: known)
    }

    var prediction: LabelMap {
        let (truth, other, choice) = (labels("truth"), labels("other"), blocks("choice"))
        let labels = (0..<height * width).map { pixel -> UInt8 in
            let row = (pixel / width - shift + height) % height
            let column = (pixel % width - shift + width) % width
            let label = choice[pixel] < 0.4 ? truth[row * width + column] : other[pixel]
            return label == 3 ? 1 : label
        }
        return LabelMap(height: height, width: width, labels: labels)
    }
}

/// The planes of all classes of a label map, `[classes, height, width]`; 255 stays in each.
func planes(of map: LabelMap, classes: Int) -> [UInt8] {
    (0..<classes).flatMap { label in
        map.labels.map { $0 == LabelMap.ignore ? $0 : $0 == UInt8(label) ? 1 : 0 }
    }
}
