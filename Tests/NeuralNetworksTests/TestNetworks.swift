import NeuralNetworks
import TensorCore
import TestSupport

/// A module that is nothing but its parameters.
struct Leaves: Module {
    var parameters: [Parameter]

    init(_ tensors: [Tensor]) { parameters = tensors.map { Parameter($0) } }

    mutating func visitState(_ visitor: inout some StateVisitor) {
        for index in parameters.indices {
            visitor.parameter(String(index), &parameters[index])
        }
    }
}

/// The back ends that autograd runs on.
enum Backends {
    static let oneDNN = OneDNNBackend(.exact)
    static let openBLAS = OpenBLASBackend()
    static let all: [any ComputeBackend] = [oneDNN, openBLAS]
}

/// Distinct numbers at least 0.02 apart and at least 0.01 from zero: no step of a central difference
/// crosses a kink of ReLU or changes which value of a window is the largest.
func spaced(_ shape: Shape, seed: Int) -> Tensor {
    var order = Array(0..<shape.count)
    var stream = RandomStream(seed: 21, purpose: .test, sample: seed)
    stream.shuffle(&order)
    return Tensor(order.map { (Float($0 - shape.count / 2) + 0.5) * 0.02 }, shape: shape)
}
