import NeuralNetworks
import TensorCore
import TestSupport
import Testing

/// Losses against PyTorch's numbers (scripts/golden/losses.py) and against themselves.
@Suite struct LossTests {
    struct Entry: Decodable, Sendable, CustomStringConvertible {
        struct Term: Decodable {
            var term: String
            var weight: Double
            var classWeights: [Float]?
            var smooth: Double?
            var gamma: Double?
            var alpha: Double?
            var beta: Double?
            var limit: Double?
            var share: Double?
            var labelSmoothing: Double?
            var ignoredClasses: [Int]?

            var weighted: Loss.Weighted {
                let kind: Loss.Term =
                    switch term {
                    case "bce": .binaryCrossEntropy
                    case "ce": .crossEntropy
                    case "focal": .focal(gamma: gamma ?? .nan, alpha: alpha)
                    case "dice": .dice(smooth: smooth ?? .nan)
                    case "tversky":
                        .tversky(
                            alpha: alpha ?? .nan, beta: beta ?? .nan, smooth: smooth ?? .nan,
                            gamma: gamma)
                    case "lovasz": .lovasz
                    case "boundary": .boundary
                    case "class-limit": .classLimit(limit: limit ?? .nan, share: share ?? .nan)
                    default: .lowPass
                    }
                return Loss.Weighted(
                    kind, weight: weight, classWeights: classWeights,
                    ignoredClasses: ignoredClasses ?? [], labelSmoothing: labelSmoothing ?? 0)
            }

            /// Terms with kinks, which long steps would cross.
            var isSmooth: Bool { !["lovasz", "class-limit", "low-pass"].contains(term) }
        }

        var name: String
        var kind: TargetBatch.Kind
        var shape: [Int]
        var scale: Double
        var terms: [Term]
        var labels: [UInt8]
        var value: Double
        var gradient: [Double]

        var description: String { name }

        var loss: Loss { Loss(terms.map(\.weighted)) }

        var logits: ReferenceTensor { ClosedForm.single(name, Shape(shape), scale: scale) }

        var target: TargetBatch {
            TargetBatch(
                kind: kind, batch: shape[0], classes: shape[1], height: shape[2], width: shape[3],
                labels: labels)
        }
    }

    static let entries = (try? Golden.load("losses", as: [Entry].self)) ?? []

    @Test func theGoldensAreThere() { #expect(Self.entries.count == 43) }

    @Test(arguments: entries)
    func agreesWithPyTorch(_ entry: Entry) throws {
        for layout in [Layout.plain, .channelBlocked(16), .channelsLast] {
            let logits = entry.logits.tensor(layout)
            let (value, gradient) = entry.loss.valueAndGradient(
                logits: logits, target: entry.target)
            let got = try #require(value)
            #expect(abs(got - entry.value) <= 1e-5 * abs(entry.value))
            #expect(Comparison.error(gradient.values.map(Double.init), entry.gradient) < 1e-5)
            #expect(entry.loss.value(logits: logits, target: entry.target) == got)
        }
    }

    /// Along a direction that has a large and a random part, so that every coordinate counts.
    @Test(arguments: entries.filter { $0.scale < 10 })
    func gradientAgreesWithCentralDifferences(_ entry: Entry) throws {
        let logits = entry.logits
        let gradient = ReferenceTensor(
            entry.loss.valueAndGradient(logits: logits.tensor(), target: entry.target).gradient)
        let length = gradient.dot(gradient).squareRoot()
        let noise = ReferenceTensor.random(logits.shape, seed: 9)
        let noiseLength = noise.dot(noise).squareRoot()
        let direction = ReferenceTensor(
            zip(gradient.values, noise.values).map { $0 / length + $1 / noiseLength },
            shape: logits.shape)
        func value(at step: Double) throws -> Double {
            let moved = ReferenceTensor(
                zip(logits.values, direction.values).map { $0 + step * $1 }, shape: logits.shape)
            return try #require(
                entry.loss.value(logits: moved.tensor(), target: entry.target))
        }
        let step = entry.terms.allSatisfy(\.isSmooth) ? 0.05 : 0.002
        let measured = try (value(at: step) - value(at: -step)) / (2 * step)
        #expect(abs(measured - gradient.dot(direction)) < 1e-3 * length)
    }

    @Test func nothingToLearnFromIsNoNumber() {
        let ignored = [UInt8](repeating: LabelMap.ignore, count: 24)
        let binary = TargetBatch(
            kind: .sigmoid, batch: 2, classes: 3, height: 2, width: 2, labels: ignored)
        let several = TargetBatch(
            kind: .softmax, batch: 2, classes: 3, height: 3, width: 4, labels: ignored)
        let cases: [(Loss.Term, TargetBatch)] = [
            (.binaryCrossEntropy, binary), (.dice(smooth: 1), binary),
            (.crossEntropy, several), (.dice(smooth: 1), several),
        ]
        for (term, target) in cases {
            let shape: Shape = [2, 3, target.height, target.width]
            let (value, gradient) = Loss([.init(term)]).valueAndGradient(
                logits: spaced(shape, seed: 1), target: target)
            #expect(value == nil)
            #expect(gradient.values.allSatisfy { $0 == 0 })
        }
    }

    /// Logits under ignored labels must not matter, however large.
    @Test(arguments: entries)
    func ignoredPixelsDoNotMatter(_ entry: Entry) throws {
        var moved = entry.logits
        let pixels = entry.shape[2] * entry.shape[3]
        let classes = entry.shape[1]
        var ignored: [Int] = []
        for index in moved.values.indices {
            let image = index / (classes * pixels)
            let label =
                entry.kind == .sigmoid
                ? entry.labels[index] : entry.labels[image * pixels + index % pixels]
            if label == LabelMap.ignore {
                moved.values[index] = 50
                ignored.append(index)
            }
        }
        let loss = entry.loss
        let (value, gradient) = loss.valueAndGradient(
            logits: moved.tensor(), target: entry.target)
        let (before, beforeGradient) = loss.valueAndGradient(
            logits: entry.logits.tensor(), target: entry.target)
        #expect(value == before)
        let values = gradient.values
        #expect(ignored.allSatisfy { values[$0] == 0 })
        #expect(values == beforeGradient.values)
    }

    @Test(
        arguments: entries.filter { entry in
            entry.scale < 10 && !entry.terms.contains { $0.ignoredClasses != nil }
        })
    func aBrokenLogitBreaksTheLoss(_ entry: Entry) throws {
        for broken in [Double.nan, .infinity] {
            var logits = entry.logits
            // Every position is tried: whatever counts must show.
            let position = try #require(
                entry.labels.firstIndex { $0 == (entry.kind == .sigmoid ? 0 : 1) })
            let pixels = entry.shape[2] * entry.shape[3]
            let index =
                entry.kind == .sigmoid
                ? position
                : position / pixels * entry.shape[1] * pixels + position % pixels
            logits.values[index] = broken
            let (value, _) = entry.loss.valueAndGradient(
                logits: logits.tensor(), target: entry.target)
            let isOfProbabilities = entry.terms.allSatisfy {
                !["bce", "ce", "focal", "lovasz"].contains($0.term)
            }
            // A sigmoid takes infinity to one, which a term of probabilities can bear.
            if broken.isNaN || !(isOfProbabilities && entry.kind == .sigmoid) {
                #expect(try #require(value).isFinite == false, "\(broken)")
            }
        }
    }

    @Test(arguments: entries.filter { $0.scale < 10 })
    func probabilitiesGiveTheLossOfTheirLogits(_ entry: Entry) throws {
        let logits = entry.logits.tensor()
        let probabilities =
            entry.kind == .sigmoid ? Probabilities.sigmoid(logits) : Probabilities.softmax(logits)
        let direct = try #require(entry.loss.value(logits: logits, target: entry.target))
        let again = try #require(
            entry.loss.value(probabilities: probabilities, target: entry.target))
        #expect(abs(direct - again) < 1e-4 * direct)
    }

    /// Certain and wrong is expensive, not infinite.
    @Test func certainProbabilitiesHaveAFiniteLoss() throws {
        let target = TargetBatch(
            kind: .softmax, batch: 1, classes: 2, height: 1, width: 2, labels: [0, 1])
        let wrong = Tensor([0, 1, 1, 0], shape: [1, 2, 1, 2])
        let value = try #require(
            Loss([.init(.crossEntropy)]).value(
                probabilities: wrong, target: target))
        #expect(value > 10 && value < 20)
    }

    @Test func anImageOfABatchIsItsOwnTarget() throws {
        for entry in Self.entries {
            let target = entry.target
            let count = target.labels.count / target.batch
            for index in 0..<target.batch {
                let one = target.image(index)
                #expect(one.batch == 1 && one.classes == target.classes && one.kind == target.kind)
                #expect(one.labels == Array(target.labels[index * count..<(index + 1) * count]))
            }
        }
    }
}
