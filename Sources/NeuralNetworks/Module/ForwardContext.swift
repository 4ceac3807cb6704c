import TensorCore

/// One forward pass: its back end, its mode, its tape, and what it wants to change afterwards.
///
/// Mode is an argument, never ambient: the same network value may be trained here and used for
/// inference there.
public final class ForwardContext {
    public enum Mode: Sendable { case training, inference }

    public let backend: any ComputeBackend
    public let mode: Mode
    public let tape: Tape?
    private let dropoutSeed: UInt64
    private let dropoutStep: Int
    private var dropoutCalls = 0
    /// New running statistics by buffer; whoever owns the network applies them.
    public private(set) var bufferUpdates: [LeafID: Tensor] = [:]

    /// A pass for inference.
    public static func inference(_ backend: any ComputeBackend) -> ForwardContext {
        ForwardContext(backend, mode: .inference, tape: nil, dropoutSeed: 0, dropoutStep: 0)
    }

    /// A pass for training; dropout is a pure function of seed and step.
    public static func training(
        _ backend: any ComputeBackend, dropoutSeed: UInt64 = 0, dropoutStep: Int = 0
    ) -> ForwardContext {
        ForwardContext(
            backend, mode: .training, tape: Tape(), dropoutSeed: dropoutSeed,
            dropoutStep: dropoutStep)
    }

    private init(
        _ backend: any ComputeBackend, mode: Mode, tape: Tape?, dropoutSeed: UInt64,
        dropoutStep: Int
    ) {
        self.backend = backend
        self.mode = mode
        self.tape = tape
        self.dropoutSeed = dropoutSeed
        self.dropoutStep = dropoutStep
    }

    /// A learned leaf as part of the computation.
    func use(_ parameter: Parameter) -> Variable {
        guard let tape, parameter.isTrainable else { return Variable(parameter.tensor) }
        return tape.leaf(parameter.id, parameter.tensor)
    }

    func record(
        _ tensor: Tensor, from inputs: [Variable], backward: @escaping (Tensor) -> [Tensor?]
    ) -> Variable {
        tape?.record(tensor, from: inputs, backward: backward) ?? Variable(tensor)
    }

    func update(_ buffer: Buffer, to tensor: Tensor) { bufferUpdates[buffer.id] = tensor }

    /// The random numbers of the next dropout of this pass.
    func nextDropoutStream() -> RandomStream {
        defer { dropoutCalls += 1 }
        return RandomStream(
            seed: dropoutSeed, purpose: .dropout, epoch: dropoutStep, sample: dropoutCalls)
    }
}
