import TestSupport
import Testing

@testable import NeuralNetworks
@testable import TensorCore

/// Twenty steps against PyTorch's (scripts/golden/optimizers.py).
@Suite struct OptimizerTests {
    struct Entry: Decodable, Sendable, CustomStringConvertible {
        var name: String
        var rate: Double
        var start: Double
        var momentum: Double?
        var nesterov: Bool
        var weightDecay: Double
        var betas: [Double]
        var epsilon: Double?
        var weights: [[Double]]
        var moments: [String: [[Double]]]

        var description: String { name }

        var rule: OptimizerRule {
            if betas.isEmpty {
                return .sgd(
                    momentum: momentum ?? 0, nesterov: nesterov, weightDecay: weightDecay)
            }
            return .adam(
                beta1: betas[0], beta2: betas[1], epsilon: epsilon ?? 0, weightDecay: weightDecay)
        }
    }

    static let entries = (try? Golden.load("optimizers", as: [Entry].self)) ?? []
    static let shapes: [(String, Shape)] = [
        ("kernel", [4, 3, 3, 3]), ("bias", [5]), ("wide", [7, 2, 1, 1]),
    ]

    static func start(_ scale: Double) -> Leaves {
        Leaves(shapes.map { ClosedForm.single($0.0, $0.1, scale: scale).tensor() })
    }

    static func gradients(_ model: Leaves, step: Int) -> [LeafID: Tensor] {
        var result: [LeafID: Tensor] = [:]
        for ((name, shape), parameter) in zip(shapes, model.parameters) {
            let noise = ClosedForm.uniform("\(name)/\(step)", count: shape.count)
            let weight = parameter.tensor.values
            result[parameter.id] = Tensor(
                zip(noise, weight).map { Float(Double(Float($0)) * 0.1 + 0.5 * Double($1)) },
                shape: shape)
        }
        return result
    }

    @Test func theGoldensAreThere() { #expect(Self.entries.count == 8) }

    @Test(arguments: entries)
    func agreesWithPyTorch(_ entry: Entry) throws {
        var model = Self.start(entry.start)
        var optimizer = Optimizer(entry.rule)
        for step in 0..<20 {
            let rate = step < 10 ? entry.rate : entry.rate / 4
            let gradients = Self.gradients(model, step: step)
            ComputeThread.shared.run {
                _ = optimizer.step(&model, gradients: gradients, rate: rate)
            }
        }
        #expect(optimizer.steps == 20)
        for (parameter, expected) in zip(model.parameters, entry.weights) {
            let error = Comparison.error(parameter.tensor.values.map(Double.init), expected)
            #expect(error < 1e-5)
        }
        for (name, expected) in entry.moments.sorted(by: { $0.key < $1.key }) {
            let moments = try #require(optimizer.moments[name])
            for (moment, expected) in zip(moments, expected) {
                #expect(
                    Comparison.error(moment.values.map(Double.init), expected) < 1e-5, "\(name)")
            }
        }
    }

    /// What is stored is all there is: going on from it gives the same bits.
    @Test(arguments: entries)
    func resumingChangesNothing(_ entry: Entry) {
        var whole = Self.start(entry.start)
        var optimizer = Optimizer(entry.rule)
        func advance(_ model: inout Leaves, _ optimizer: inout Optimizer, _ steps: Range<Int>) {
            for step in steps {
                let gradients = Self.gradients(model, step: step)
                optimizer.step(&model, gradients: gradients, rate: 0.01)
            }
        }
        advance(&whole, &optimizer, 0..<3)
        var resumed = whole
        var stored = Optimizer(
            optimizer.rule, steps: optimizer.steps, encoderSteps: optimizer.encoderSteps,
            moments: optimizer.moments)
        advance(&whole, &optimizer, 3..<8)
        #expect(
            zip(whole.parameters, resumed.parameters).allSatisfy {
                $0.tensor.values != $1.tensor.values
            })
        advance(&resumed, &stored, 3..<8)
        for (a, b) in zip(whole.parameters, resumed.parameters) {
            #expect(Comparison.identical(a.tensor, b.tensor))
        }
        #expect(optimizer.momentNames.allSatisfy { optimizer.moments[$0]?.count == 3 })
    }

    @Test func frozenAndUnusedParametersStay() {
        for rule in [
            OptimizerRule.adam, .sgd(momentum: 0.9, nesterov: false, weightDecay: 0.1),
        ] {
            var model = Self.start(1)
            model.parameters[0].isTrainable = false
            let before = model.parameters.map(\.tensor.values)
            var gradients = Self.gradients(model, step: 0)
            gradients[model.parameters[1].id] = nil
            var optimizer = Optimizer(rule)
            optimizer.step(&model, gradients: gradients, rate: 0.1)
            #expect(model.parameters[0].tensor.values == before[0])
            #expect(model.parameters[1].tensor.values == before[1])
            #expect(model.parameters[2].tensor.values != before[2])
        }
    }

    /// The parallel path of large tensors computes what the small one does.
    @Test func largeParametersMoveLikeSmallOnes() {
        let count = 40_007
        let values = ReferenceTensor.random([count], seed: 1).tensor()
        let gradient = ReferenceTensor.random([count], seed: 2).tensor()
        for rule in [OptimizerRule.adam, .sgd(momentum: 0.9, nesterov: true, weightDecay: 0.01)] {
            func stepped(_ range: Range<Int>) -> [Float] {
                ComputeThread.shared.run {
                    var model = Leaves([Tensor(Array(values.values[range]), shape: [range.count])])
                    let slice = Tensor(Array(gradient.values[range]), shape: [range.count])
                    var optimizer = Optimizer(rule)
                    for _ in 0..<3 {
                        optimizer.step(
                            &model, gradients: [model.parameters[0].id: slice], rate: 0.01)
                    }
                    return model.parameters[0].tensor.values
                }
            }
            let whole = stepped(0..<count)
            let parts = stepped(0..<15_000) + stepped(15_000..<30_000) + stepped(30_000..<count)
            #expect(Comparison.error(whole.map(Double.init), parts.map(Double.init)) < 1e-6)
        }
    }

    @Test func copiesOfAModelAreIndependent() {
        var model = Self.start(1)
        let copy = model
        let gradients = Self.gradients(model, step: 0)
        var optimizer = Optimizer(.adam)
        optimizer.step(&model, gradients: gradients, rate: 0.1)
        #expect(copy.parameters[0].tensor.values == Self.start(1).parameters[0].tensor.values)
        #expect(model.parameters[0].tensor.values != copy.parameters[0].tensor.values)
    }

    /// Gradients come in whatever layout the last kernel liked.
    @Test func gradientsMayBeBlocked() {
        func moved(_ layout: Layout) -> [Float] {
            var model = Self.start(1)
            let gradient = ClosedForm.single("g", [4, 3, 3, 3]).tensor(layout)
            var optimizer = Optimizer(.adam)
            optimizer.step(
                &model, gradients: [model.parameters[0].id: gradient], rate: 0.1)
            return model.parameters[0].tensor.values
        }
        #expect(moved(.plain) == moved(.channelBlocked(16)))
    }
}
