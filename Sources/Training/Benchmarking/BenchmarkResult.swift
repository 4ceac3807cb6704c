/// What a benchmark measured; its JSON is a line of `floe bench --json`.
public struct BenchmarkResult: Codable, Hashable, Sendable {
    public var task: StepBenchmark.Task
    /// The model's full name, such as `unet:32:4`.
    public var model: String
    /// `[bands, height, width]`.
    public var input: [Int]
    public var batch: Int
    public var steps: Int
    /// Steps before the measured ones, which also choose kernels.
    public var warmUpSteps: Int
    /// True where only direct convolution was used.
    public var exact: Bool
    public var threads: Int
    public var backend: String
    public var processor: String
    public var parameters: Int
    /// Operations of one step in units of 10^9, counted as direct convolution; training counts
    /// three forward passes.
    public var gflopPerStep: Double
    /// Seconds of one step: the median of all.
    public var medianSeconds: Double
    /// The fastest step.
    public var minSeconds: Double
    /// The measured steps in the order they were taken.
    public var seconds: [Double]
    /// `gflopPerStep` in the median time.
    public var gflops: Double
    /// The process's largest resident memory so far.
    public var peakRSSBytes: Int
    /// Largest number of bytes in live tensors.
    public var peakTensorBytes: Int
    /// Buffers that the measured steps took from the system instead of reusing one.
    public var freshAllocations: Int
    /// Pages that the system had to provide during the measured steps.
    public var pageFaults: Int
    /// Every operation of the measured steps, where a profile was asked for.
    public var operations: [OperationProfile]?
    /// GFLOP/s of a large matrix product on the same threads, measured after the steps: what shares
    /// of the peak refer to.
    public var peakGflops: Double

    private enum CodingKeys: String, CodingKey {
        case task, model, input, batch, steps, exact, threads, backend, processor, parameters
        case seconds, gflops, operations
        case warmUpSteps = "warm_up_steps"
        case gflopPerStep = "gflop_per_step"
        case medianSeconds = "median_s"
        case minSeconds = "min_s"
        case peakRSSBytes = "peak_rss_bytes"
        case peakTensorBytes = "peak_tensor_bytes"
        case freshAllocations = "fresh_allocations"
        case pageFaults = "page_faults"
        case peakGflops = "peak_gflops"
    }
}
