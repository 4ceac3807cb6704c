import TensorCore
import TestSupport
import Testing

/// The Double reference is checked first: everything else is measured against it.
@Suite struct ReferenceTests {
    @Test(arguments: OperationTable.small.filter { $0.referenceGradient != nil })
    func gradientsAgreeWithCentralDifferences(_ operation: OperationCase) throws {
        let inputs = operation.randomInputs()
        let output = operation.reference(inputs)
        let seed = operation.randomGradient(output.shape)
        let gradient = try #require(operation.referenceGradient)
        let gradients = gradient(inputs, seed)
        for (index, gradient) in gradients.enumerated() {
            let positions = CentralDifference.spread(inputs[index].values.count, limit: 7)
            let measured = CentralDifference.derivatives(
                of: { point in
                    var moved = inputs
                    moved[index].values = point
                    return operation.reference(moved).dot(seed)
                }, at: inputs[index].values, positions: positions, step: 1e-5)
            let error = Comparison.error(positions.map { gradient.values[$0] }, measured)
            #expect(error < 1e-6, "\(operation), input \(index)")
        }
    }

    @Test func statisticsOfAKnownBatch() {
        let x = ReferenceTensor([1, 2, 3, 6, 0, 0, 4, 4], shape: [1, 2, 2, 2])
        let (mean, variance) = Reference.statistics(x)
        #expect(mean.values == [3, 2])
        #expect(variance.values == [3.5, 4])
    }

    @Test func convolutionOfAKnownImage() {
        let image = ReferenceTensor([1, 2, 3, 4, 5, 6, 7, 8, 9], shape: [1, 1, 3, 3])
        let kernel = ReferenceTensor([1, 0, 0, -1], shape: [1, 1, 2, 2])
        let valid = Reference.convolution(image, weight: kernel, bias: nil, .init())
        #expect(valid.values == [-4, -4, -4, -4])
        let strided = Reference.convolution(
            image, weight: kernel, bias: nil, .init(stride: 2, padding: 1))
        #expect(strided.values == [-1, -3, -7, -4])
    }
}
