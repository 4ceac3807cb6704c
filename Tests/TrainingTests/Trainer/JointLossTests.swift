import NeuralNetworks
import TensorCore
import Testing

@testable import SegmentationModels
@testable import Training

@Suite struct JointLossTests {
    private static let target = TargetBatch(
        kind: .softmax, batch: 1, classes: 2, height: 1, width: 2, labels: [1, 1])
    private static let unknown = TargetBatch(
        kind: .softmax, batch: 1, classes: 2, height: 1, width: 2, labels: [255, 255])
    private static let presence = Loss([.init(.binaryCrossEntropy, weight: 2)])

    private func pixels(_ weights: [Float]) -> Loss {
        Loss([.init(.crossEntropy, classWeights: weights)])
    }

    private func output(head: Bool) -> NetworkOutput {
        NetworkOutput(
            logits: Variable(Tensor(zeros: [1, 2, 1, 2])),
            presence: head ? Variable(Tensor(zeros: [1, 2, 1, 1])) : nil)
    }

    @Test func bothAreSummed() throws {
        let joint = JointLoss(pixels: pixels([1, 1]), presence: Self.presence)
        let (value, seeds) = joint.valueAndGradients(output(head: true), target: Self.target)
        #expect(abs(try #require(value) - 3 * 0.693147) < 1e-5)
        #expect(seeds.count == 2)
        // Class 0 is absent, class 1 present; weight 2, mean over two.
        #expect(seeds[1].seed.array == [0.5, -0.5])
    }

    /// A mask whose classes weigh nothing must not keep the head from learning.
    @Test func theHeadLearnsWhereNoPixelCounts() throws {
        let joint = JointLoss(pixels: pixels([1, 0]), presence: Self.presence)
        let (value, seeds) = joint.valueAndGradients(output(head: true), target: Self.target)
        #expect(abs(try #require(value) - 2 * 0.693147) < 1e-5)
        #expect(seeds[0].seed.array == [0, 0, 0, 0])
        #expect(seeds[1].seed.array == [0.5, -0.5])
        let alone = JointLoss(pixels: pixels([1, 0]), presence: nil)
        #expect(alone.valueAndGradients(output(head: false), target: Self.target).value == nil)
    }

    @Test func nothingIsKnown() {
        let joint = JointLoss(pixels: pixels([1, 1]), presence: Self.presence)
        let output = output(head: true)
        #expect(joint.valueAndGradients(output, target: Self.unknown).value == nil)
        #expect(
            joint.value(
                logits: output.logits.tensor, presence: output.presence?.tensor,
                target: Self.unknown) == nil)
    }
}

extension Tensor {
    fileprivate var array: [Float] { withUnsafeElements { Array($0) } }
}
