import SegmentationMetrics
import TensorCore
import TestSupport

/// Two members' decisions and what numpy and scikit-learn say of them (scripts/golden/diversity.py).
struct DiversityCase: Decodable, Sendable, CustomStringConvertible {
    static let all = (try? Golden.load("diversity", as: [DiversityCase].self)) ?? []

    var name: String
    var classes: Int
    var pixels: Int
    /// Shares of pixels drawn anew: of both members alike, and of each.
    var common: Double
    var own: [Double]
    var ignored: Double
    /// Both right, only the first, only the second, both wrong alike, both wrong differently.
    var counts: [Int]
    var differing: Double?
    var disagreement: Double?
    var doubleFault: Double?
    var yulesQ: Double?
    var correlation: Double?

    var description: String { name }

    func expected(_ measure: DiversityMeasure) -> Double? {
        switch measure {
        case .differing: differing
        case .disagreement: disagreement
        case .doubleFault: doubleFault
        case .yulesQ: yulesQ
        case .correlation: correlation
        }
    }

    private func draw(_ part: String) -> [UInt8] {
        ClosedForm.uniform("\(name)-\(part)", count: pixels)
            .map { UInt8(($0 + 1) / 2 * Double(classes)) }
    }

    private func chance(_ part: String, _ share: Double) -> [Bool] {
        ClosedForm.uniform("\(name)-\(part)", count: pixels).map { $0 < 2 * share - 1 }
    }

    private func replace(_ labels: [UInt8], where chosen: [Bool], by other: [UInt8]) -> [UInt8] {
        labels.indices.map { chosen[$0] ? other[$0] : labels[$0] }
    }

    var ignore: [Bool] { chance("ignored", ignored) }

    /// Without ignored pixels.
    var truth: [UInt8] { draw("truth") }

    func decisions(_ member: Int) -> [UInt8] {
        replace(
            replace(truth, where: chance("common", common), by: draw("other")),
            where: chance("own-\(member)", own[member]), by: draw("own-other-\(member)"))
    }
}
