import CKernels
import TensorCore

/// An exponential moving average of a network's weights (Polyak and Juditsky 1992).
///
/// Parameters and running statistics are averaged alike, as by timm's `ModelEmaV2` and by PyTorch's
/// `AveragedModel(use_buffers: true)`: the statistics of the raw network are not those of the
/// averaged one.
public struct WeightAverage: Sendable, Hashable {
    /// The part of the average that a step keeps, once enough steps were taken.
    public let decay: Double

    public init(decay: Double) { self.decay = decay }

    /// The decay of a step: lower at first, so that a short training is not an average of its random
    /// start (TensorFlow's `ExponentialMovingAverage` with `num_updates`).
    ///
    /// - Parameter step: counted from 1.
    public func decay(atStep step: Int) -> Double {
        min(decay, Double(step) / Double(step + 9))
    }

    /// Moves `average` towards `network`, a network of the same graph.
    ///
    /// - Parameter step: which step `network` has just taken, counted from 1.
    public func update(
        _ average: inout some Module, towards network: some Module, step: Int
    ) {
        var visitor = AverageVisitor(values: network.stateEntries().map(\.tensor))
        average.visitState(&visitor)
        withExtendedLifetime(visitor.values) {
            floe_average(
                visitor.arrays, visitor.arrays.count, Float(1 - decay(atStep: step)))
        }
    }
}

/// Pairs every leaf of the average with the network's.
private struct AverageVisitor: StateVisitor {
    var values: [Tensor]
    var arrays: [floe_averaged] = []

    init(values: [Tensor]) { self.values = values }

    mutating func enter(_ name: String) {}
    mutating func leave() {}
    mutating func parameter(_ name: String, _ parameter: inout Parameter) {
        pair(&parameter.tensor)
    }
    mutating func buffer(_ name: String, _ buffer: inout Buffer) { pair(&buffer.tensor) }

    private mutating func pair(_ average: inout Tensor) {
        let index = arrays.count
        precondition(
            index < values.count && values[index].shape == average.shape, "another network")
        values[index] = values[index].converted(to: average.layout)
        arrays.append(
            floe_averaged(
                average: average.writePointer(), value: UnsafePointer(values[index].readPointer),
                count: average.layout.storageCount(of: average.shape)))
    }
}
