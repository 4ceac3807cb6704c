import CKernels
import COneDNN
import Synchronization

/// The fast back end: oneDNN's convolutions, batch norms and poolings in its blocked layouts.
///
/// Primitives are cached by shape. Used on `ComputeThread` only, which is what makes the caches
/// safe to share.
public final class OneDNNBackend: ComputeBackend, @unchecked Sendable {
    /// How convolutions choose between direct and Winograd.
    public enum KernelChoice: Sendable {
        /// Direct convolution only: parity checks, self-tests, `--exact`.
        case exact
        /// Our own Winograd wherever it exists and maps are not tiny: never timed, so that the same input gives the same
        /// bytes with nothing stored.
        case byShape
        /// Measures each shape once, when it is first seen, unless it is known from before.
        case measured(known: [String: KernelTable.Algorithm])
        /// As stored; shapes that are not in the table are chosen by shape.
        case table(KernelTable)

        /// Measures every shape.
        public static let measured = KernelChoice.measured(known: [:])
    }

    let runtime = OneDNNRuntime()
    var primitives: [PrimitiveKey: CompiledPrimitive] = [:]
    /// What was decided for each convolution that was asked for.
    var chosenConvolutions: [ConvolutionKey: ConvolutionKey] = [:]
    public private(set) var kernelChoice: KernelChoice
    private var measured = KernelTable()
    /// What was timed here, by images, pass and shape: to be known the next time.
    public private(set) var measurements: [String: KernelTable.Algorithm] = [:]
    static let largestPrimitiveCount = 2000
    /// Channels per block of the layout that this processor's kernels like.
    let block: Int

    enum PrimitiveKey: Hashable {
        case convolution(ConvolutionKey)
        case batchNorm(Shape, Layout, epsilon: Float, relu: Bool, BatchNormPass)
        case pooling(Shape, Layout, PoolingGeometry, PoolingPass)
        case layout(Shape, Layout, Layout)
        /// Between a plain weight and the private format of a convolution.
        case weight(ConvolutionKey, toPrivate: Bool)
    }
    enum BatchNormPass { case training, inference, gradient }
    enum PoolingPass { case maximum, maximumGradient, average, averageGradient }

    public init(_ choice: KernelChoice = .exact) {
        kernelChoice = choice
        let isa = dnnl_get_effective_cpu_isa().rawValue
        block =
            isa & dnnl_cpu_isa_avx512_core.rawValue == dnnl_cpu_isa_avx512_core.rawValue ? 16 : 8
    }

    public var name: String {
        let version = dnnl_version().pointee
        return "onednn \(version.major).\(version.minor).\(version.patch) \(Self.instructionSet)"
    }

    /// The widest instruction set that oneDNN will use on this processor.
    public static var instructionSet: String {
        let isa = dnnl_get_effective_cpu_isa().rawValue
        let known: [(dnnl_cpu_isa_t, String)] = [
            (dnnl_cpu_isa_avx512_core_amx, "avx512_core_amx"),
            (dnnl_cpu_isa_avx512_core_bf16, "avx512_core_bf16"),
            (dnnl_cpu_isa_avx512_core_vnni, "avx512_core_vnni"),
            (dnnl_cpu_isa_avx512_core, "avx512_core"), (dnnl_cpu_isa_avx2, "avx2"),
            (dnnl_cpu_isa_avx, "avx"), (dnnl_cpu_isa_sse41, "sse41"),
        ]
        return known.first { isa & $0.0.rawValue == $0.0.rawValue }?.1 ?? "baseline"
    }

    /// Whether this processor has the vectors of our own Winograd.
    public static var hasOwnWinograd: Bool {
        let block = OneDNNBackend(.exact).block
        return floe_winograd_exists(
            floe_winograd(
                images: 1, inputs: block, outputs: block, height: 4, width: 4, block: block)) != 0
    }

    /// The algorithms chosen so far, for the run folder.
    public var kernelTable: KernelTable {
        if case .table(let table) = kernelChoice { return table }
        return measured
    }

    /// From now on only what has been measured so far; other shapes are chosen by shape.
    public func freezeKernelTable() {
        if case .measured = kernelChoice { kernelChoice = .table(measured) }
    }

    /// The algorithm of one convolution; measures where the table is still open.
    func algorithm(for key: ConvolutionKey) -> KernelTable.Algorithm {
        guard key.mayUseWinograd else { return .direct }
        switch kernelChoice {
        case .exact: return .direct
        case .byShape: return BlockedWinograd.algorithmByShape(key, block: block)
        case .table(let table):
            return table.choices[key.name] ?? BlockedWinograd.algorithmByShape(key, block: block)
        case .measured(let known):
            if let decided = measured.choices[key.name] { return decided }
            if let before = known[key.nameWithImages] {
                measured.choices[key.name] = before
                return before
            }
            var choice = (KernelTable.Algorithm.direct, seconds: Double.infinity)
            // Where our own exists, oneDNN's Winograd is not tried: it needs whole images of scratch,
            // and was the fastest in none of the 33 convolutions of a ResNet-18 U-Net.
            let hasOwn = BlockedWinograd.algorithmByShape(key, block: block) != .direct
            for candidate in KernelTable.Algorithm.allCases
            where candidate != .winograd || !hasOwn {
                var trial = key
                trial.algorithm = candidate
                guard let seconds = secondsOf(trial), seconds < choice.seconds else { continue }
                choice = (candidate, seconds)
            }
            measured.choices[key.name] = choice.0
            measurements[key.nameWithImages] = choice.0
            return choice.0
        }
    }

    /// The key with the algorithm that was decided for it.
    func chosen(_ key: ConvolutionKey) -> ConvolutionKey {
        var result = key
        result.algorithm = algorithm(for: key)
        return result
    }

    func primitive(_ key: PrimitiveKey, _ make: () -> CompiledPrimitive) -> CompiledPrimitive {
        if let known = primitives[key] { return known }
        boundCaches()
        let created = make()
        primitives[key] = created
        return created
    }

    /// Forgets every primitive once there are very many: images of ever other sizes would fill the
    /// memory with what is never used again. A network needs some hundred.
    func boundCaches() {
        guard primitives.count >= Self.largestPrimitiveCount else { return }
        primitives.removeAll()
        chosenConvolutions.removeAll()
    }

    /// A number for a private format: equal formats have equal numbers, whatever back end asks.
    static func number(of format: dnnl_memory_desc_t) -> Int {
        formats.withLock { formats in
            if let known = formats.firstIndex(where: { $0.equals(format) }) { return known }
            formats.append(format)
            return formats.count - 1
        }
    }
    private static let formats = Mutex<[dnnl_memory_desc_t]>([])

    /// A layout in which oneDNN's kernels handle `channels` well.
    func preferredLayout(_ input: Tensor) -> Layout {
        if input.layout == .plain, input.shape[1] < block { return .plain }
        return .channelBlocked(block)
    }

    public func convert(_ input: Tensor, to layout: Layout) -> Tensor {
        guard input.layout != layout else { return input }
        guard input.shape.count > 16384 else { return input.converted(to: layout) }
        let primitive = primitive(.layout(input.shape, input.layout, layout)) {
            reorder(from: .of(input.shape, input.layout), to: .of(input.shape, layout))
        }
        var result = Tensor(uninitialized: input.shape, layout: layout)
        withExtendedLifetime(input) {
            primitive.execute([
                (Argument.source, input.readPointer), (Argument.target, result.writePointer()),
            ])
        }
        return result
    }

    func reorder(from: dnnl_memory_desc_t, to: dnnl_memory_desc_t) -> CompiledPrimitive {
        var source = from
        var target = to
        var description: dnnl_primitive_desc_t?
        withUserScratchpad { attributes in
            OneDNNRuntime.must(
                dnnl_reorder_primitive_desc_create(
                    &description, &source, runtime.engine, &target, runtime.engine, attributes),
                "describe a reorder")
        }
        guard let description else { preconditionFailure("oneDNN gave no reorder") }
        return CompiledPrimitive(runtime, description)
    }

    func withUserScratchpad<Result>(_ body: (dnnl_primitive_attr_t?) -> Result) -> Result {
        var attributes: dnnl_primitive_attr_t?
        OneDNNRuntime.must(dnnl_primitive_attr_create(&attributes), "create attributes")
        defer { dnnl_primitive_attr_destroy(attributes) }
        dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user)
        return body(attributes)
    }

    /// The primitive descriptor of an operation, or nil where oneDNN has no implementation.
    func describe(
        _ operation: UnsafeRawPointer, hint: dnnl_primitive_desc_t? = nil, relu: Bool = false
    ) -> dnnl_primitive_desc_t? {
        withUserScratchpad { attributes in
            if relu { addReLU(to: attributes) }
            var description: dnnl_primitive_desc_t?
            let status = dnnl_primitive_desc_create(
                &description, operation, attributes, runtime.engine, hint)
            return status == dnnl_success ? description : nil
        }
    }
}

extension OneDNNBackend {
    /// ReLU as the last thing that a primitive does with its result.
    private func addReLU(to attributes: dnnl_primitive_attr_t?) {
        var operations: dnnl_post_ops_t?
        OneDNNRuntime.must(dnnl_post_ops_create(&operations), "create post-operations")
        defer { dnnl_post_ops_destroy(operations) }
        OneDNNRuntime.must(
            dnnl_post_ops_append_eltwise(operations, 1, dnnl_eltwise_relu, 0, 0), "append ReLU")
        OneDNNRuntime.must(
            dnnl_primitive_attr_set_post_ops(attributes, operations), "set post-operations")
    }
}

/// oneDNN's argument numbers; the C names are macros of macros, which Swift does not import.
enum Argument {
    static let source: Int32 = 1
    static let target: Int32 = 17
    static let weights: Int32 = 33
    static let bias: Int32 = 41
    static let mean: Int32 = 49
    static let variance: Int32 = 50
    static let scale: Int32 = 51
    static let shift: Int32 = 52
    static let workspace: Int32 = 64
    static let scratchpad: Int32 = 80
    static let sourceGradient: Int32 = 129
    static let targetGradient: Int32 = 145
    static let weightsGradient: Int32 = 161
    static let biasGradient: Int32 = 169
    static let scaleGradient: Int32 = 255
    static let shiftGradient: Int32 = 256
}

extension Tensor {
    /// The buffer in another format, made once and kept until the tensor is written to.
    func derived(for key: Int, _ make: () -> TensorStorage) -> TensorStorage {
        if let known = storage.derived[key] { return known }
        let created = make()
        storage.derived[key] = created
        return created
    }

    /// For a kernel that only reads; the tensor must outlive the call.
    public var readPointer: UnsafeMutablePointer<Float> { storage.pointer }

    /// For a kernel that fills a tensor that nobody else holds yet.
    public mutating func writePointer() -> UnsafeMutablePointer<Float> {
        withUnsafeMutableElements { _ in }
        return storage.pointer
    }
}
