import CKernels
import TensorCore

extension ForwardContext {
    /// `g · a + (1 - g) · b` for every value, with `g` the logistic function of `gate`: the gated
    /// unit of Arevalo et al. 2017 without its tanh. All three are of one shape.
    public func gatedSum(_ a: Variable, _ b: Variable, gate: Variable) -> Variable {
        precondition(
            a.shape == b.shape && a.shape == gate.shape,
            "cannot gate \(a.shape) and \(b.shape) by \(gate.shape)")
        let backend = backend
        let layout = a.tensor.layout
        let first = a.tensor
        let second = backend.convert(b.tensor, to: layout)
        let logits = backend.convert(gate.tensor, to: layout)
        var open = Tensor(uninitialized: a.shape, layout: layout)
        open.withUnsafeMutableElements { open in
            logits.withUnsafeElements { floe_sigmoid(open.baseAddress, $0.baseAddress, $0.count) }
        }
        let share = open
        var output = Tensor(uninitialized: a.shape, layout: layout)
        output.withUnsafeMutableElements { out in
            first.withUnsafeElements { a in
                second.withUnsafeElements { b in
                    share.withUnsafeElements { g in
                        parallelFor(out.count) { range in
                            for i in range { out[i] = b[i] + g[i] * (a[i] - b[i]) }
                        }
                    }
                }
            }
        }
        return record(output, from: [a, b, gate]) { gradient in
            Self.gatedSumGradients(
                backend.convert(gradient, to: layout), first, second, share: share)
        }
    }

    /// Gradients of both maps and of the gate's logits, in the maps' layout.
    private static func gatedSumGradients(
        _ gradient: Tensor, _ a: Tensor, _ b: Tensor, share: Tensor
    ) -> [Tensor?] {
        var ofA = Tensor(uninitialized: a.shape, layout: a.layout)
        var ofB = Tensor(uninitialized: a.shape, layout: a.layout)
        var ofGate = Tensor(uninitialized: a.shape, layout: a.layout)
        let outputs = (ofA.writePointer(), ofB.writePointer(), ofGate.writePointer())
        gradient.withUnsafeElements { gradient in
            share.withUnsafeElements { g in
                a.withUnsafeElements { a in
                    b.withUnsafeElements { b in
                        parallelFor(gradient.count) { range in
                            for i in range {
                                let open = gradient[i] * g[i]
                                outputs.0[i] = open
                                outputs.1[i] = gradient[i] - open
                                outputs.2[i] = open * (a[i] - b[i]) * (1 - g[i])
                            }
                        }
                    }
                }
            }
        }
        return [ofA, ofB, ofGate]
    }
}
