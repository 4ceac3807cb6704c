import TestSupport
import Testing

@testable import NeuralNetworks
@testable import TensorCore

/// Against PyTorch's `AveragedModel` (scripts/golden/schedules.py).
@Suite struct WeightAverageTests {
    struct Entry: Decodable, Sendable {
        var decay: Double
        var weight: [Double]
        var mean: [Double]
    }

    /// A parameter and a running statistic.
    private struct Leaf: Module {
        var weight: Parameter
        var mean: Buffer

        mutating func visitState(_ visitor: inout some StateVisitor) {
            visitor.parameter("weight", &weight)
            visitor.buffer("mean", &mean)
        }
    }

    static let entries = (try? Golden.load("averages", as: [Entry].self)) ?? []

    private static func leaf(_ weight: String, _ mean: String) -> Leaf {
        Leaf(
            weight: Parameter(ClosedForm.single(weight, [6, 4]).tensor()),
            mean: Buffer(ClosedForm.single(mean, [6]).tensor()))
    }

    @Test func theGoldensAreThere() { #expect(Self.entries.count == 3) }

    @Test(arguments: entries)
    func agreesWithPyTorch(_ entry: Entry) {
        let rule = WeightAverage(decay: entry.decay)
        var average = Self.leaf("start", "mean")
        for step in 0..<30 {
            rule.update(
                &average, towards: Self.leaf("weight/\(step)", "mean/\(step)"), step: step + 1)
        }
        let weight = average.weight.tensor.values.map(Double.init)
        #expect(Comparison.error(weight, entry.weight) < 1e-6)
        #expect(Comparison.error(average.mean.tensor.values.map(Double.init), entry.mean) < 1e-6)
    }

    @Test func theDecayRisesToItsOwn() {
        let rule = WeightAverage(decay: 0.9)
        #expect(rule.decay(atStep: 1) == 0.1)
        #expect(rule.decay(atStep: 81) == 0.9 && rule.decay(atStep: 80) < 0.9)
        #expect(rule.decay(atStep: 1_000_000) == 0.9)
    }

    /// What the average is copied from and what it was copied to stay as they are, large ones too.
    @Test func onlyTheAverageMoves() {
        let count = 50_001
        let network = Leaves([ReferenceTensor.random([count], seed: 1).tensor()])
        let start = Leaves([ReferenceTensor.random([count], seed: 2).tensor()])
        var average = start
        WeightAverage(decay: 0.75).update(&average, towards: network, step: 1000)
        let values = zip(start.parameters[0].tensor.values, network.parameters[0].tensor.values)
            .map { 0.75 * Double($0) + 0.25 * Double($1) }
        let moved = average.parameters[0].tensor.values.map(Double.init)
        #expect(Comparison.error(moved, values) < 1e-6)
        #expect(
            start.parameters[0].tensor.values
                == ReferenceTensor.random([count], seed: 2).tensor().values)
        // A weight that does not move has an average that does not move, to the bit.
        var same = network
        WeightAverage(decay: 0.999).update(&same, towards: network, step: 3)
        #expect(Comparison.identical(same.parameters[0].tensor, network.parameters[0].tensor))
    }
}
