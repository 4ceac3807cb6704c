import Foundation
import TestSupport
import Testing

@testable import TensorCore

@Suite struct KernelTableTests {
    static let hasWinograd = OneDNNBackend.instructionSet.hasPrefix("avx512")

    struct Plan: Sendable, CustomStringConvertible {
        var input: Shape
        var outputs: Int
        var padding = 1
        var weight: Shape { [outputs, input[1], 3, 3] }
        var geometry: ConvolutionGeometry { .init(padding: padding) }
        var description: String { "\(input) to \(outputs), padding \(padding)" }
    }

    static let plans = [
        Plan(input: [1, 16, 12, 12], outputs: 16), Plan(input: [2, 32, 13, 9], outputs: 48),
        Plan(input: [3, 17, 11, 15], outputs: 32), Plan(input: [1, 64, 7, 5], outputs: 16),
        Plan(input: [2, 16, 10, 21], outputs: 32, padding: 0),
        Plan(input: [1, 48, 33, 30], outputs: 64), Plan(input: [1, 128, 24, 24], outputs: 128),
    ]

    /// A table that asks for Winograd wherever the shape occurs.
    static func winogradTable(
        _ input: Shape, _ weight: Shape, _ geometry: ConvolutionGeometry,
        _ algorithm: KernelTable.Algorithm = .winograd
    ) -> KernelTable {
        var table = KernelTable()
        for pass in [ConvolutionKey.Pass.forward, .inputGradient, .weightGradient] {
            let key = ConvolutionKey(
                pass: pass, input: input, weight: weight, geometry: geometry, hasBias: false,
                inputLayout: .plain, outputLayout: .plain)
            table.choices[key.name] = algorithm
        }
        return table
    }

    @Test(arguments: plans, [false, true])
    func winogradStaysWithinItsBound(_ plan: Plan, _ bias: Bool) throws {
        let table = Self.winogradTable(plan.input, plan.weight, plan.geometry)
        let operation = OperationTable.convolution(
            plan.input, plan.weight, plan.geometry, bias: bias)
        ComputeThread.shared.run {
            let backend = OneDNNBackend(.table(table))
            let inputs = operation.randomInputs().map { $0.tensor(.channelBlocked(16)) }
            let plain = BackendAgreementTests.openBLAS
            let output = operation.run(plain, inputs)
            let seed = operation.randomGradient(output.shape).tensor()
            #expect(Comparison.error(operation.run(backend, inputs), output) < 1e-3)
            let got = operation.gradient?(backend, inputs, seed) ?? []
            let wanted = operation.gradient?(plain, inputs, seed) ?? []
            for (a, b) in zip(got, wanted) {
                #expect(Comparison.error(a, b) < 1e-3, "\(plan)")
            }
            if Self.hasWinograd {
                let used = backend.primitives.values.filter {
                    $0.implementation.contains("wino")
                }
                #expect(!used.isEmpty, "\(plan) never ran Winograd")
            }
        }
    }

    @Test func exactNeverUsesWinograd() {
        ComputeThread.shared.run {
            let backend = OneDNNBackend(.exact)
            let operation = OperationTable.convolution(
                [1, 32, 20, 20], [32, 32, 3, 3], .init(padding: 1), bias: false)
            _ = operation.check(backend, layout: .channelBlocked(16), operation.expectation())
            #expect(!backend.primitives.values.contains { $0.implementation.contains("wino") })
            #expect(backend.kernelTable.choices.isEmpty)
        }
    }

    /// A table from a file may name shapes for which Winograd does not exist.
    @Test(arguments: KernelTable.Algorithm.allCases)
    func winogradIsRefusedWhereItDoesNotExist(_ algorithm: KernelTable.Algorithm) {
        let geometry = ConvolutionGeometry(stride: 2, padding: 1)
        let table = Self.winogradTable([1, 16, 12, 12], [16, 16, 3, 3], geometry, algorithm)
        let operation = OperationTable.convolution(
            [1, 16, 12, 12], [16, 16, 3, 3], geometry, bias: false)
        let outcome = ComputeThread.shared.run {
            operation.check(
                OneDNNBackend(.table(table)), layout: .plain, operation.expectation())
        }
        #expect(outcome.error < 1e-5)
    }

    @Test func aFrozenTableAddsNothing() {
        ComputeThread.shared.run {
            let backend = OneDNNBackend(.measured)
            let known = OperationTable.convolution(
                [1, 32, 24, 24], [32, 32, 3, 3], .init(padding: 1), bias: false)
            let unknown = OperationTable.convolution(
                [1, 32, 16, 16], [32, 32, 3, 3], .init(padding: 1), bias: false)
            _ = known.check(backend, layout: .channelBlocked(16), known.expectation())
            let table = backend.kernelTable
            #expect(table.choices.count == 3)
            #expect(
                table.choices.keys.sorted() == [
                    "forward 32x24x24 32x32x3x3 p1", "inputGradient 32x24x24 32x32x3x3 p1",
                    "weightGradient 32x24x24 32x32x3x3 p1",
                ])
            backend.freezeKernelTable()
            let before = backend.primitives.values.filter { $0.implementation.contains("wino") }
            // Unknown shapes are chosen by shape, without a timing.
            let outcome = unknown.check(
                backend, layout: .channelBlocked(16), unknown.expectation())
            #expect(outcome.error < 1e-5)
            #expect(backend.measurements.count == 3)
            let after = backend.primitives.values.filter { $0.implementation.contains("wino") }
            #expect(after.count == before.count)
            #expect(backend.kernelTable == table)
        }
    }

    /// The table is what makes two processes agree: the same table, the same bits.
    @Test(arguments: KernelTable.Algorithm.allCases)
    func theSameTableGivesTheSameBits(_ algorithm: KernelTable.Algorithm) throws {
        let plan = Plan(input: [2, 32, 20, 20], outputs: 32)
        let table = Self.winogradTable(plan.input, plan.weight, plan.geometry, algorithm)
        let data = try JSONEncoder().encode(table)
        let stored = try JSONDecoder().decode(KernelTable.self, from: data)
        #expect(stored == table)
        let operation = OperationTable.convolution(
            plan.input, plan.weight, plan.geometry, bias: true)
        ComputeThread.shared.run {
            let inputs = operation.randomInputs().map { $0.tensor() }
            let first = OneDNNBackend(.table(table))
            let second = OneDNNBackend(.table(stored))
            let output = operation.run(first, inputs)
            #expect(Comparison.identical(output, operation.run(second, inputs)))
            for _ in 0..<5 {
                let a = operation.gradient?(first, inputs, output) ?? []
                let b = operation.gradient?(second, inputs, output) ?? []
                for (a, b) in zip(a, b) { #expect(Comparison.identical(a, b)) }
            }
        }
    }

    /// What is known from before is not timed again, but only for as many images.
    @Test func knownShapesAreNotMeasured() {
        ComputeThread.shared.run {
            let name = "forward 32x24x24 32x32x3x3 p1"
            let known: [String: KernelTable.Algorithm] = [
                "1 x \(name)": .winogradByPanels, "2 x \(name)": .direct,
            ]
            let backend = OneDNNBackend(.measured(known: known))
            let operation = OperationTable.convolution(
                [1, 32, 24, 24], [32, 32, 3, 3], .init(padding: 1), bias: false)
            _ = operation.run(backend, operation.randomInputs().map { $0.tensor() })
            #expect(backend.kernelTable.choices == [name: .winogradByPanels])
            #expect(backend.measurements.isEmpty)
            let three = OperationTable.convolution(
                [3, 32, 24, 24], [32, 32, 3, 3], .init(padding: 1), bias: false)
            let other = OneDNNBackend(.measured(known: known))
            _ = three.run(other, three.randomInputs().map { $0.tensor() })
            #expect(Array(other.measurements.keys) == ["3 x \(name)"])
        }
    }

    /// Chosen by shape: our Winograd where it exists, and the same bits again.
    @Test(arguments: plans)
    func chosenByShapeIsDeterministic(_ plan: Plan) {
        ComputeThread.shared.run {
            let operation = OperationTable.convolution(
                plan.input, plan.weight, plan.geometry, bias: true)
            let inputs = operation.randomInputs().map { $0.tensor() }
            let (first, second) = (OneDNNBackend(.byShape), OneDNNBackend(.byShape))
            let output = operation.run(first, inputs)
            #expect(Comparison.identical(output, operation.run(second, inputs)))
            #expect(Comparison.error(output, operation.run(OneDNNBackend(.exact), inputs)) < 1e-5)
            #expect(first.kernelTable.choices.isEmpty)
            let fills = plan.input[1] % first.block == 0 && plan.outputs % first.block == 0
            if OneDNNBackend.hasOwnWinograd, fills, plan.padding == 1 {
                // Nothing of oneDNN's was needed.
                #expect(first.chosenConvolutions.isEmpty)
            }
        }
    }

    @Test func algorithmFollowsTheShape() {
        func choice(
            _ pass: ConvolutionKey.Pass, _ input: Shape, _ outputs: Int
        ) -> KernelTable.Algorithm {
            BlockedWinograd.algorithmByShape(
                ConvolutionKey(
                    pass: pass, input: input, weight: [outputs, input[1], 3, 3],
                    geometry: .init(padding: 1), hasBias: false, inputLayout: .plain,
                    outputLayout: .plain), block: 16)
        }
        guard ProcessorInformation.current.flags.contains("avx512dq") else {
            #expect(choice(.forward, [2, 64, 96, 96], 64) == .direct)
            return
        }
        #expect(choice(.forward, [2, 64, 96, 96], 64) == .winogradByTiles)
        #expect(choice(.inputGradient, [2, 512, 12, 12], 512) == .winogradByPanels)
        // The points of all tiles would not fit into any cache.
        #expect(choice(.forward, [1, 512, 320, 320], 512) == .winogradByTiles)
        // Tiles outside would need the points of all weights, which is more than they may have.
        #expect(choice(.inputGradient, [2, 1024, 12, 12], 1024) == .winogradByPanels)
        #expect(choice(.forward, [1, 1024, 160, 160], 1024) == .direct)
        #expect(choice(.weightGradient, [2, 16, 384, 384], 16) == .winogradByTiles)
        #expect(choice(.weightGradient, [2, 512, 12, 12], 512) == .winogradByPanels)
        // Channels that fill no block; maps of a few pixels.
        #expect(choice(.forward, [2, 17, 96, 96], 64) == .direct)
        #expect(choice(.forward, [2, 64, 2, 2], 64) == .direct)
    }

    /// Bias or not, layouts aside: one entry decides for a shape and pass.
    @Test func biasSharesTheEntry() {
        ComputeThread.shared.run {
            let backend = OneDNNBackend(.measured)
            for bias in [false, true] {
                let operation = OperationTable.convolution(
                    [1, 16, 24, 24], [16, 16, 3, 3], .init(padding: 1), bias: bias)
                let outcome = operation.check(backend, layout: .plain, operation.expectation())
                #expect(outcome.error < 1e-3)
            }
            #expect(backend.kernelTable.choices.count == 3)
        }
    }
}
