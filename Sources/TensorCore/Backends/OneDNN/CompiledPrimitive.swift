import COneDNN

/// oneDNN's engine and stream, and the scratchpad that all primitives share.
final class OneDNNRuntime {
    let engine: dnnl_engine_t
    let stream: dnnl_stream_t
    private var scratchpad: TensorStorage?

    init() {
        var engine: dnnl_engine_t?
        Self.must(dnnl_engine_create(&engine, dnnl_cpu, 0), "create an engine")
        var stream: dnnl_stream_t?
        guard let engine else { preconditionFailure("oneDNN gave no engine") }
        Self.must(
            dnnl_stream_create(&stream, engine, dnnl_stream_default_flags.rawValue),
            "create a stream")
        guard let stream else { preconditionFailure("oneDNN gave no stream") }
        self.engine = engine
        self.stream = stream
    }

    deinit {
        dnnl_stream_destroy(stream)
        dnnl_engine_destroy(engine)
    }

    /// Primitives run one after another, so one buffer of the largest size serves all.
    func scratchpad(bytes: Int) -> UnsafeMutablePointer<Float> {
        if let scratchpad, scratchpad.count * 4 >= bytes {
            return scratchpad.pointer
        }
        scratchpad = nil
        let grown = TensorStorage(count: (bytes + 3) / 4)
        scratchpad = grown
        return grown.pointer
    }

    /// Arguments are our own; what is left is memory that ran out, which nothing can unwind.
    static func must(_ status: dnnl_status_t, _ what: String) {
        precondition(status == dnnl_success, "oneDNN could not \(what): status \(status.rawValue)")
    }
}

/// A oneDNN primitive with its memory objects, created once per shape and reused.
final class CompiledPrimitive {
    private let runtime: OneDNNRuntime
    private let description: dnnl_primitive_desc_t
    private let primitive: dnnl_primitive_t
    private var memories: [Int32: dnnl_memory_t] = [:]
    private let scratchpadBytes: Int
    /// Which of oneDNN's implementations was chosen, such as `jit:avx512_common`.
    let implementation: String

    init(_ runtime: OneDNNRuntime, _ description: dnnl_primitive_desc_t) {
        self.runtime = runtime
        self.description = description
        implementation = Self.implementation(of: description)
        var primitive: dnnl_primitive_t?
        OneDNNRuntime.must(
            dnnl_primitive_create(&primitive, description), "create \(implementation)")
        guard let primitive else { preconditionFailure("oneDNN gave no primitive") }
        self.primitive = primitive
        scratchpadBytes =
            dnnl_primitive_desc_query_md(description, dnnl_query_scratchpad_md, 0)
            .map { dnnl_memory_desc_get_size($0) } ?? 0
    }

    deinit {
        for memory in memories.values { dnnl_memory_destroy(memory) }
        dnnl_primitive_destroy(primitive)
        dnnl_primitive_desc_destroy(description)
    }

    static func implementation(of description: dnnl_primitive_desc_t) -> String {
        var text: UnsafePointer<CChar>?
        let status = dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, &text)
        return status == dnnl_success ? text.map { String(cString: $0) } ?? "" : ""
    }

    /// The descriptor of one argument (`DNNL_ARG_…`), as the implementation wants it.
    func descriptor(_ argument: Int32) -> dnnl_memory_desc_t {
        dnnl_primitive_desc_query_md(description, dnnl_query_exec_arg_md, argument)?.pointee
            ?? dnnl_memory_desc_t()
    }

    /// The hint that a backward primitive needs.
    var hint: dnnl_primitive_desc_t { description }

    /// Runs with the data of each argument (`DNNL_ARG_…`) at the given address.
    func execute(_ arguments: [(index: Int32, data: UnsafeMutablePointer<Float>)]) {
        var list: [dnnl_exec_arg_t] = []
        list.reserveCapacity(arguments.count + 1)
        for (index, data) in arguments {
            list.append(dnnl_exec_arg_t(arg: index, memory: memory(index, data)))
        }
        if scratchpadBytes > 0 {
            let scratchpad = runtime.scratchpad(bytes: scratchpadBytes)
            list.append(
                dnnl_exec_arg_t(
                    arg: Argument.scratchpad, memory: memory(Argument.scratchpad, scratchpad)))
        }
        OneDNNRuntime.must(
            dnnl_primitive_execute(primitive, runtime.stream, Int32(list.count), list),
            "run \(implementation)")
        dnnl_stream_wait(runtime.stream)
    }

    private func memory(_ index: Int32, _ data: UnsafeMutablePointer<Float>) -> dnnl_memory_t? {
        if let known = memories[index] {
            dnnl_memory_set_data_handle(known, data)
            return known
        }
        var descriptor = descriptor(index)
        let created = floe_dnnl_memory(&descriptor, runtime.engine, data)
        memories[index] = created
        return created
    }
}

extension dnnl_memory_desc_t {
    /// Single precision in the layout of a tensor of rank 4, or row-major.
    static func of(_ shape: Shape, _ layout: Layout = .plain) -> dnnl_memory_desc_t {
        let tag: dnnl_format_tag_t
        switch (shape.rank, layout) {
        case (1, _): tag = dnnl_a
        case (2, _): tag = dnnl_ab
        case (4, .plain): tag = dnnl_abcd
        case (4, .channelsLast): tag = dnnl_acdb
        case (4, .channelBlocked(let block)): tag = block == 16 ? dnnl_aBcd16b : dnnl_aBcd8b
        default: preconditionFailure("no oneDNN format for \(shape) \(layout)")
        }
        return tagged(shape, tag)
    }

    /// Any format that the implementation likes.
    static func any(_ shape: Shape) -> dnnl_memory_desc_t { tagged(shape, dnnl_format_tag_any) }

    private static func tagged(_ shape: Shape, _ tag: dnnl_format_tag_t) -> dnnl_memory_desc_t {
        var descriptor = dnnl_memory_desc_t()
        let dimensions = shape.dimensions.map { dnnl_dim_t($0) }
        OneDNNRuntime.must(
            dnnl_memory_desc_init_by_tag(
                &descriptor, Int32(dimensions.count), dimensions, dnnl_f32, tag),
            "describe \(shape)")
        return descriptor
    }

    func equals(_ other: dnnl_memory_desc_t) -> Bool {
        withUnsafePointer(to: self) { a in
            withUnsafePointer(to: other) { b in dnnl_memory_desc_equal(a, b) != 0 }
        }
    }

    var byteCount: Int { withUnsafePointer(to: self) { dnnl_memory_desc_get_size($0) } }
}
