import CKernels
import COpenBLAS
import Foundation

/// OpenBLAS, loaded at run time so that its kernel suits the processor.
///
/// Debian's 0.3.21 does not know processors newer than itself and falls back to SSE2 kernels at a
/// fifth of the speed; `OPENBLAS_CORETYPE`, set before the library loads, is the only way to choose.
public enum OpenBLASLibrary {
    private struct Functions: @unchecked Sendable {
        let sgemm: floe_sgemm_function
        let coreName: floe_corename_function?
    }

    private static let loaded: Functions? = load()

    /// False where the library is not installed.
    public static var isAvailable: Bool { loaded != nil }

    /// The kernel in use, such as `SkylakeX`.
    public static var coreName: String? {
        loaded?.coreName.flatMap { $0() }.map { String(cString: $0) }
    }

    /// C = alpha * op(A) * op(B) + beta * C, row-major; `m x k` times `k x n`.
    static func multiply(
        _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Float>, transposeA: Bool = false,
        rowA: Int? = nil, _ b: UnsafePointer<Float>, transposeB: Bool = false, rowB: Int? = nil,
        beta: Float = 0, _ c: UnsafeMutablePointer<Float>, rowC: Int? = nil
    ) {
        guard let loaded else {
            preconditionFailure("libopenblas.so.0 is missing; install libopenblas0-pthread")
        }
        loaded.sgemm(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans,
            transposeB ? CblasTrans : CblasNoTrans, Int32(m), Int32(n), Int32(k), 1, a,
            Int32(rowA ?? (transposeA ? m : k)), b, Int32(rowB ?? (transposeB ? k : n)), beta, c,
            Int32(rowC ?? n))
    }

    private static func load() -> Functions? {
        if let core = coreForProcessor() { setenv("OPENBLAS_CORETYPE", core, 0) }
        guard let library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL),
            let sgemm = dlsym(library, "cblas_sgemm")
        else { return nil }
        // Products run side by side on the threads that all other work is cut for: a second pool
        // would wait for the first one's to stop spinning at every product.
        // OpenBLAS built on OpenMP would set libgomp's threads with it.
        let threads = floe_max_threads()
        dlsym(library, "openblas_set_num_threads").map {
            unsafeBitCast($0, to: floe_set_threads_function.self)
        }?(1)
        floe_set_threads(threads)
        return Functions(
            sgemm: unsafeBitCast(sgemm, to: floe_sgemm_function.self),
            coreName: dlsym(library, "openblas_get_corename").map {
                unsafeBitCast($0, to: floe_corename_function.self)
            })
    }

    /// The newest of OpenBLAS 0.3.21's kernels that the processor's flags allow.
    private static func coreForProcessor() -> String? {
        let flags = ProcessorInformation.current.flags
        if flags.isSuperset(of: ["avx512f", "avx512dq", "avx512bw", "avx512vl"]) {
            return "SkylakeX"
        }
        if flags.isSuperset(of: ["avx2", "fma"]) { return "Haswell" }
        return nil
    }
}
