import CKernels

/// Cuts `0..<count` into one run of indices per thread and runs them side by side.
///
/// The cut depends on the number of threads only. Called on `ComputeThread`.
public func parallelFor(_ count: Int, _ body: (Range<Int>) -> Void) {
    guard count > 1 else { return body(0..<count) }
    withoutActuallyEscaping(body) { escapable in
        let job = ParallelJob(count: count, body: escapable)
        floe_parallel(
            { context, thread, threads in
                guard let context else { return }
                let job = Unmanaged<ParallelJob>.fromOpaque(context).takeUnretainedValue()
                let begin = job.count * Int(thread) / Int(threads)
                let end = job.count * (Int(thread) + 1) / Int(threads)
                if begin < end { job.body(begin..<end) }
            }, Unmanaged.passUnretained(job).toOpaque())
        withExtendedLifetime(job) {}
    }
}

private final class ParallelJob {
    let count: Int
    let body: (Range<Int>) -> Void

    init(count: Int, body: @escaping (Range<Int>) -> Void) {
        self.count = count
        self.body = body
    }
}

/// How many threads an operation uses.
public enum ComputePolicy {
    /// Threads of all later operations; call it once, before anything computes: oneDNN's kernels
    /// have memory for as many threads as there were when they were made.
    public static func setThreads(_ threads: Int) {
        precondition(threads > 0, "at least one thread")
        ComputeThread.shared.run { floe_set_threads(Int32(threads)) }
    }

    /// Threads that operations use now.
    public static var threads: Int { ComputeThread.shared.run { Int(floe_max_threads()) } }
}
