import NeuralNetworks
import SegmentationModels
import TensorCore
import TestSupport
import Testing

/// What a network's state walk must see, and what copies share.
@Suite struct StateTests {
    /// Every parameter and buffer that a network stores, found without its help.
    private func storedLeaves(_ value: Any) -> [LeafID] {
        if let parameter = value as? Parameter { return [parameter.id] }
        if let buffer = value as? NeuralNetworks.Buffer { return [buffer.id] }
        return Mirror(reflecting: value).children.flatMap { storedLeaves($0.value) }
    }

    @Test(arguments: Networks.narrow + Networks.optional)
    func theWalkMissesNothing(_ configuration: ModelConfiguration) throws {
        let network = try Networks.make(configuration)
        let visited = network.stateEntries()
        let stored = storedLeaves(network)
        #expect(!stored.isEmpty)
        #expect(Set(stored).count == stored.count)
        #expect(Set(visited.map(\.id)) == Set(stored))
        #expect(visited.count == stored.count)
        #expect(Set(visited.map(\.name)).count == visited.count)
    }

    /// A missing slot in what a visitor puts back would show as a lost leaf.
    @Test(arguments: Networks.narrow + Networks.optional)
    func theWalkPutsEverythingBack(_ configuration: ModelConfiguration) throws {
        func check(_ network: some SegmentationNetwork) {
            var network = network
            let before = network.stateEntries()
            network.replaceState { _ in nil }
            let after = network.stateEntries()
            #expect(before.map(\.name) == after.map(\.name))
            #expect(zip(before, after).allSatisfy { Comparison.identical($0.tensor, $1.tensor) })
            network.replaceState { Tensor(repeating: 3, shape: $0.tensor.shape) }
            #expect(network.stateEntries().allSatisfy { $0.tensor.values.allSatisfy { $0 == 3 } })
        }
        check(try Networks.make(configuration))
    }

    @Test(arguments: Networks.narrow)
    func copiesAreIndependent(_ configuration: ModelConfiguration) throws {
        let original = try Networks.make(configuration)
        let (image, target) = Networks.batch(configuration)
        let before = original.stateEntries().map(\.tensor.values)
        ComputeThread.shared.run {
            var copy = original
            let step = Step(
                copy, image, target, Networks.loss(configuration), backend: Backends.oneDNN)
            var optimizer = Optimizer(.adam)
            optimizer.step(&copy, gradients: step.gradients, rate: 0.1)
            copy.replaceState { step.buffers[$0.id] }
            let moved = copy.stateEntries().map(\.tensor.values)
            #expect(zip(before, moved).allSatisfy { $0 != $1 })
        }
        #expect(original.stateEntries().map(\.tensor.values) == before)
    }

    @Test func seedAndMemberDecideTheWeights() throws {
        let configuration = Networks.narrow[2]
        func values(_ seed: UInt64, _ member: Int) throws -> [[Float]] {
            try Networks.make(configuration, seed: seed, member: member)
                .stateEntries().filter { $0.tensor.shape.rank == 4 }.map(\.tensor.values)
        }
        let first = try values(1, 0)
        #expect(try values(1, 0) == first)
        #expect(zip(try values(2, 0), first).allSatisfy { $0 != $1 })
        #expect(zip(try values(1, 1), first).allSatisfy { $0 != $1 })
    }
}
