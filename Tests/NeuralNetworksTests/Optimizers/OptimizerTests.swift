import TestSupport
import Testing

@testable import NeuralNetworks
@testable import TensorCore

/// Thirty steps against PyTorch's (scripts/golden/optimizers.py).
@Suite struct OptimizerTests {
    struct Entry: Decodable, Sendable, CustomStringConvertible {
        var name: String
        var rule: String
        var rate: Double
        var start: Double
        var momentum: Double?
        var nesterov: Bool
        var weightDecay: Double
        var betas: [Double]
        var epsilon: Double?
        var clipNorm: Double?
        var clipValue: Double?
        var decaysNorms: Bool
        var weights: [[Double]]
        var moments: [String: [[Double]]]

        var description: String { name }

        var optimizer: Optimizer {
            let epsilon = epsilon ?? 0
            let decay = weightDecay
            let made: OptimizerRule =
                switch rule {
                case "sgd": .sgd(momentum: momentum ?? 0, nesterov: nesterov, weightDecay: decay)
                case "adam":
                    .adam(
                        beta1: betas[0], beta2: betas[1], epsilon: epsilon, weightDecay: decay)
                case "adamw":
                    .adamW(
                        beta1: betas[0], beta2: betas[1], epsilon: epsilon, weightDecay: decay)
                case "radam":
                    .rAdam(
                        beta1: betas[0], beta2: betas[1], epsilon: epsilon, weightDecay: decay)
                default: .lion(beta1: betas[0], beta2: betas[1], weightDecay: decay)
                }
            return Optimizer(
                made, decaysNorms: decaysNorms,
                clipping: GradientClipping(norm: clipNorm, value: clipValue))
        }
    }

    static let entries = (try? Golden.load("optimizers", as: [Entry].self)) ?? []
    static let shapes: [(String, Shape)] = [
        ("kernel", [2, 3, 2, 2]), ("bias", [5]), ("wide", [7, 2, 1, 1]),
    ]

    /// One of each.
    static let rules: [OptimizerRule] = [
        .adam, .sgd(momentum: 0.9, nesterov: true, weightDecay: 0.01),
        .adamW(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1),
        .rAdam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0),
        .lion(beta1: 0.9, beta2: 0.99, weightDecay: 0.1),
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

    @Test func theGoldensAreThere() { #expect(Self.entries.count == 24) }

    @Test(arguments: entries)
    func agreesWithPyTorch(_ entry: Entry) throws {
        var model = Self.start(entry.start)
        var optimizer = entry.optimizer
        for step in 0..<30 {
            let rate = step < 10 ? entry.rate : entry.rate / 4
            let gradients = Self.gradients(model, step: step)
            ComputeThread.shared.run {
                _ = optimizer.step(&model, gradients: gradients, rate: rate)
            }
        }
        #expect(optimizer.steps == 30)
        #expect(Set(optimizer.moments.keys) == Set(optimizer.rule.momentNames))
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
        var optimizer = entry.optimizer
        func advance(_ model: inout Leaves, _ optimizer: inout Optimizer, _ steps: Range<Int>) {
            for step in steps {
                let gradients = Self.gradients(model, step: step)
                optimizer.step(&model, gradients: gradients, rate: 0.01)
            }
        }
        advance(&whole, &optimizer, 0..<3)
        var resumed = whole
        var stored = entry.optimizer.resumed(
            steps: optimizer.steps, skippedSteps: optimizer.skippedSteps,
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
        #expect(optimizer.rule.momentNames.allSatisfy { optimizer.moments[$0]?.count == 3 })
    }

    @Test func frozenAndUnusedParametersStay() {
        for rule in Self.rules {
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
        for rule in Self.rules {
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
            let gradient = ClosedForm.single("g", [2, 3, 2, 2]).tensor(layout)
            var optimizer = Optimizer(.adam)
            optimizer.step(
                &model, gradients: [model.parameters[0].id: gradient], rate: 0.1)
            return model.parameters[0].tensor.values
        }
        #expect(moved(.plain) == moved(.channelBlocked(16)))
    }

    /// A gradient that is not finite shows, whatever rule and bound it meets; one that is NaN shows
    /// in its own weight only.
    @Test(arguments: rules)
    func whatIsNotFiniteShows(_ rule: OptimizerRule) {
        for (bad, clipping) in [
            (Float.nan, GradientClipping()), (.infinity, GradientClipping()),
            (-.infinity, GradientClipping()), (.nan, GradientClipping(norm: 1)),
            (.infinity, GradientClipping(norm: 1)), (.nan, GradientClipping(value: 1)),
        ] {
            var model = Leaves([Tensor(repeating: 0.5, shape: [40])])
            var values = [Float](repeating: 0.1, count: 40)
            values[17] = bad
            var optimizer = Optimizer(rule, clipping: clipping)
            var isFinite = true
            // Adam without the second moment moves by infinity over infinity, RAdam later.
            for _ in 0..<7 where isFinite {
                isFinite = optimizer.step(
                    &model, gradients: [model.parameters[0].id: Tensor(values, shape: [40])],
                    rate: 0.01)
            }
            #expect(!isFinite, "\(bad) \(clipping)")
            let broken = model.parameters[0].tensor.values.indices.filter {
                !model.parameters[0].tensor.values[$0].isFinite
            }
            #expect(broken == [17])
        }
    }

    /// A group has its own rate and counts its own steps, so that what joins later starts as at the
    /// first step.
    @Test(arguments: rules)
    func groupsHaveTheirOwnRateAndSteps(_ rule: OptimizerRule) {
        let groups = [ParameterGroup("1", rate: 0.02), ParameterGroup("2/deep", rate: 1)]
        var model = Self.start(1)
        var alone = Leaves([model.parameters[1].tensor])
        var optimizer = Optimizer(rule)
        var single = Optimizer(rule)
        for step in 0..<12 {
            var gradients = Self.gradients(model, step: step)
            // The second parameter joins at the fifth step.
            if step < 4 { gradients[model.parameters[1].id] = nil }
            if let gradient = gradients[model.parameters[1].id] {
                single.step(&alone, gradients: [alone.parameters[0].id: gradient], rate: 0.02)
            }
            optimizer.step(&model, gradients: gradients, rate: 0.3, groups: groups)
        }
        #expect(optimizer.steps == 12)
        // What no parameter belongs to counts nothing.
        #expect(optimizer.skippedSteps == ["1": 4])
        #expect(Comparison.identical(model.parameters[1].tensor, alone.parameters[0].tensor))
    }

    /// Groups at one rate change no bit.
    @Test(arguments: rules)
    func groupsAtOneRateChangeNothing(_ rule: OptimizerRule) {
        func moved(_ groups: [ParameterGroup]) -> [[Float]] {
            var model = Self.start(1)
            var optimizer = Optimizer(rule, clipping: GradientClipping(norm: 0.3))
            for step in 0..<8 {
                optimizer.step(
                    &model, gradients: Self.gradients(model, step: step), rate: 0.01,
                    groups: groups)
            }
            return model.parameters.map(\.tensor.values)
        }
        #expect(moved([]) == moved([ParameterGroup("0", rate: 0.01)]))
        #expect(moved([]) != moved([ParameterGroup("0", rate: 0.02)]))
    }
}
