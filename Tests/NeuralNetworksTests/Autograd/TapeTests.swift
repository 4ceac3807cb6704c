import TestSupport
import Testing

@testable import NeuralNetworks
@testable import TensorCore

@Suite struct TapeTests {
    @Test func theSameLeafTwiceIsOneGradient() throws {
        let backend = Backends.openBLAS
        let value = Tensor([3], shape: [1, 1, 1, 1])
        let gradients = ComputeThread.shared.run {
            let context = ForwardContext.training(backend)
            let parameter = Parameter(value)
            let first = context.use(parameter)
            let second = context.use(parameter)
            #expect(first.node == second.node)
            let output = context.add(first, second)
            let seed = Tensor([5], shape: value.shape)
            return context.tape?.gradients(of: output, seed: seed, backend: backend)
                .map { ($0.key == parameter.id, $0.value.values) } ?? []
        }
        #expect(gradients.count == 1)
        let (isLeaf, values) = try #require(gradients.first)
        #expect(isLeaf)
        #expect(values == [10])
    }

    @Test func frozenParametersGetNoGradientButPassOnesThrough() throws {
        for backend in Backends.all {
            ComputeThread.shared.run {
                var initializer = ParameterInitializer(seed: 1)
                let first = Conv2D(3, 4, kernel: 3, from: &initializer)
                var frozen = Conv2D(4, 4, kernel: 3, from: &initializer)
                frozen.weight.isTrainable = false
                frozen.bias?.isTrainable = false
                let context = ForwardContext.training(backend)
                let image = Variable(spaced([1, 3, 5, 5], seed: 1))
                let output = frozen(first(image, in: context), in: context)
                let gradients = context.tape?.gradients(
                    of: output, seed: Tensor(repeating: 1, shape: output.shape), backend: backend)
                let keys = Set(gradients?.keys.map { $0 } ?? [])
                #expect(keys == Set([first.weight.id, first.bias?.id].compactMap { $0 }))
            }
        }
    }

    /// A frozen weight must not take the gradient of its own bias with it.
    @Test func aFrozenWeightLeavesItsBiasTrainable() {
        let backend = Backends.openBLAS
        ComputeThread.shared.run {
            var initializer = ParameterInitializer(seed: 1)
            var conv = Conv2D(3, 4, kernel: 3, from: &initializer)
            conv.weight.isTrainable = false
            var transposed = ConvTranspose2D(4, 2, kernel: 2, stride: 2, from: &initializer)
            transposed.weight.isTrainable = false
            let context = ForwardContext.training(backend)
            let image = Variable(spaced([1, 3, 5, 5], seed: 1))
            let output = transposed(conv(image, in: context), in: context)
            let gradients =
                context.tape?.gradients(
                    of: output, seed: Tensor(repeating: 1, shape: output.shape), backend: backend)
                ?? [:]
            #expect(conv.bias.map { gradients[$0.id] != nil } == true)
            #expect(gradients[transposed.bias.id]?.values == [100, 100])
            #expect(gradients.count == 2)
        }
    }

    @Test func constantsCostNothing() {
        ComputeThread.shared.run {
            let context = ForwardContext.training(Backends.openBLAS)
            let constant = Variable(spaced([1, 3, 4, 4], seed: 1))
            let output = context.relu(context.maxPool(constant, .init(window: 2)))
            #expect(output.node == nil)
            let gradients = context.tape?.gradients(
                of: output, seed: output.tensor, backend: Backends.openBLAS)
            #expect(gradients?.isEmpty == true)
        }
    }

    @Test func unusedLeavesHaveNoGradient() {
        ComputeThread.shared.run {
            let backend = Backends.openBLAS
            let tape = Tape()
            let context = ForwardContext.training(backend)
            let ids = (0..<3).map { _ in LeafID() }
            let leaves = ids.map { tape.leaf($0, Tensor([2], shape: [1, 1, 1, 1])) }
            _ = tape.record(leaves[2].tensor, from: [leaves[2]]) { [$0] }
            let output = tape.record(leaves[0].tensor, from: [leaves[0]]) { [$0] }
            _ = tape.record(leaves[1].tensor, from: [leaves[1], output]) { [$0, $0] }
            let result = tape.gradients(of: output, seed: output.tensor, backend: backend)
            #expect(Set(result.keys) == [ids[0]])
            _ = context
        }
    }

    /// Activations are let go while the tape runs backwards, not only afterwards.
    @Test func recordsAreReleasedAsTheyAreUsed() {
        final class Weak { weak var storage: TensorStorage? }
        final class Flag { var wasAlive = true }
        ComputeThread.shared.run {
            let tape = Tape()
            let late = Weak()
            let flag = Flag()
            let leaf = tape.leaf(LeafID(), Tensor([1], shape: [1]))
            let first = tape.record(leaf.tensor, from: [leaf]) { gradient in
                flag.wasAlive = late.storage != nil
                return [gradient]
            }
            func second() -> Variable {
                let activation = Tensor([2], shape: [1])
                late.storage = activation.storage
                return tape.record(Tensor([3], shape: [1]), from: [first]) { gradient in
                    withExtendedLifetime(activation) { [gradient] }
                }
            }
            let output = second()
            #expect(late.storage != nil)
            _ = tape.gradients(
                of: output, seed: Tensor([1], shape: [1]), backend: Backends.openBLAS)
            #expect(!flag.wasAlive)
            #expect(late.storage == nil)
        }
    }

    @Test func nothingOfAPassOutlivesIt() {
        final class Weak { weak var storage: TensorStorage? }
        ComputeThread.shared.run {
            for backend in Backends.all {
                let activation = Weak()
                func pass() {
                    var initializer = ParameterInitializer(seed: 1)
                    let layer = ConvNormReLU(3, 8, from: &initializer)
                    let context = ForwardContext.training(backend)
                    let image = Variable(spaced([2, 3, 6, 6], seed: 1))
                    let middle = layer.conv(image, in: context)
                    activation.storage = middle.tensor.storage
                    let output = layer.norm(middle, relu: true, in: context)
                    _ = context.tape?.gradients(of: output, seed: output.tensor, backend: backend)
                }
                pass()
                #expect(activation.storage == nil, "\(backend.name)")
            }
        }
    }
}
