import DurableFiles
import Foundation
import NeuralNetworks
import SegmentationModels
import TensorCore

/// Times one network on this machine, on noise: data are no part of it.
public struct StepBenchmark: Sendable {
    public enum Task: String, Codable, CaseIterable, Sendable {
        /// Zero gradients, forward, binary cross entropy with logits, backward, Adam.
        case train
        /// Forward, by running statistics, to plain logits.
        case predict
    }

    public var task: Task
    public var configuration: ModelConfiguration
    public var batch: Int
    public var height: Int
    public var width: Int
    public var steps: Int
    /// Steps that are not counted: they choose kernels and fill the allocator.
    public var warmUpSteps: Int
    public var backend: BackendName
    /// Direct convolution only.
    public var exact: Bool
    /// Nil for the library's own choice, all processors.
    public var threads: Int?
    /// Records the time of every operation; the recording itself takes some.
    public var profile: Bool

    public init(
        _ task: Task, _ configuration: ModelConfiguration, batch: Int, height: Int, width: Int,
        steps: Int, warmUpSteps: Int = 2, backend: BackendName = .onednn, exact: Bool = false,
        threads: Int? = nil,
        profile: Bool = false
    ) {
        self.task = task
        self.configuration = configuration
        self.batch = batch
        self.height = height
        self.width = width
        self.steps = steps
        self.warmUpSteps = warmUpSteps
        self.backend = backend
        self.exact = exact
        self.threads = threads
        self.profile = profile
    }

    /// Runs the steps.
    ///
    /// - Parameter progress: called before each step with its number, warm-up included, and the
    ///   number of all.
    /// - Throws: `FloeError` of kind `.usage` for values out of range, `.numeric` where the loss is
    ///   not finite, `.interrupted` where a signal came.
    public func run(progress: (Int, Int) -> Void = { _, _ in }) throws -> BenchmarkResult {
        try validate()
        if let threads { ComputePolicy.setThreads(threads) }
        var network = try ModelFactory.make(configuration, seed: 1)
        let forward = ConvolutionOperations.forward(
            of: network, batch: batch, height: height, width: width)
        CachingAllocator.shared.trim()
        let inner = backend.make(exact ? .exact : .measured)
        let observed = ObservedBackend(inner)
        let measured = try ComputeThread.shared.run { try measure(&network, observed, progress) }
        // A benchmark measures its kernels anew; runs profit from it.
        if let inner = inner as? OneDNNBackend {
            KernelCache.standard.add(ComputeThread.shared.run { inner.measurements })
        }
        let seconds = measured.seconds
        let sorted = seconds.sorted()
        let middle = sorted.count / 2
        let median =
            sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        let gflop = forward * (task == .train ? 3 : 1) / 1e9
        return BenchmarkResult(
            task: task, model: configuration.name, input: [configuration.bands, height, width],
            batch: batch, steps: steps, warmUpSteps: warmUpSteps,
            exact: exact || self.backend == .openblas, threads: ComputePolicy.threads,
            backend: observed.name, processor: ProcessorInformation.current.model,
            parameters: network.parameterCount, gflopPerStep: gflop, medianSeconds: median,
            minSeconds: sorted[0], seconds: seconds, gflops: gflop / median,
            peakRSSBytes: Self.usage.ru_maxrss * 1024,
            peakTensorBytes: CachingAllocator.shared.statistics.peak,
            freshAllocations: measured.freshAllocations, pageFaults: measured.pageFaults,
            operations: profile ? Self.sorted(observed.operations) : nil,
            peakGflops: PeakRate.gigaflops(blas: self.backend == .openblas))
    }

    /// Operations by their share of the time, the largest first.
    private static func sorted(_ operations: [String: OperationProfile]) -> [OperationProfile] {
        operations.values.sorted { ($0.seconds, $1.name) > ($1.seconds, $0.name) }
    }

    // MARK: Steps

    private func measure(
        _ network: inout any SegmentationNetwork, _ observed: ObservedBackend,
        _ progress: (Int, Int) -> Void
    ) throws -> Measurement {
        let backend: any ComputeBackend = profile ? observed : observed.inner
        var stream = RandomStream(seed: 1, purpose: .selfTest)
        let shape: Shape = [batch, configuration.bands, height, width]
        let image = Tensor(
            (0..<shape.count).map { _ in Float(stream.uniform(-1, 1)) }, shape: shape)
        let target = TargetBatch(
            kind: .sigmoid, batch: batch, classes: configuration.classes, height: height,
            width: width,
            labels: (0..<batch * configuration.classes * height * width).map { _ in
                stream.chance(0.5) ? 1 : 0
            })
        var optimizer = Optimizer(.adam)
        let clock = ContinuousClock()
        var seconds: [Double] = []
        seconds.reserveCapacity(steps)
        var (allocations, faults) = (0, 0)
        for step in 0..<warmUpSteps + steps {
            try StopSignal.throwIfReceived()
            if step == warmUpSteps {
                observed.reset()
                allocations = CachingAllocator.shared.statistics.freshAllocations
                faults = Self.usage.ru_minflt
            }
            progress(step, warmUpSteps + steps)
            let time = try clock.measure {
                switch task {
                case .train: try train(&network, &optimizer, image, target, observed, backend)
                case .predict: _ = network.predictLogits(image, backend: backend)
                }
            }
            if step >= warmUpSteps { seconds.append(time / .seconds(1)) }
        }
        return Measurement(
            seconds: seconds,
            freshAllocations: CachingAllocator.shared.statistics.freshAllocations - allocations,
            pageFaults: Self.usage.ru_minflt - faults)
    }

    private struct Measurement {
        var seconds: [Double]
        var freshAllocations: Int
        var pageFaults: Int
    }

    /// Gradients start from nothing at every step, which is what zeroing them means here.
    private func train(
        _ network: inout any SegmentationNetwork, _ optimizer: inout Optimizer, _ image: Tensor,
        _ target: TargetBatch, _ observed: ObservedBackend, _ backend: any ComputeBackend
    ) throws {
        let context = ForwardContext.training(backend)
        let logits = network.logits(Variable(image), in: context)
        let (value, gradient) = observed.observe("loss and its gradient") {
            Loss([.init(.binaryCrossEntropy)])
                .valueAndGradient(logits: logits.tensor, target: target)
        }
        guard let value, value.isFinite, let tape = context.tape else {
            throw FloeError(.numeric, "the loss of \(configuration.name) is not finite")
        }
        let gradients = tape.gradients(of: logits, seed: gradient, backend: backend)
        observed.observe("optimiser") {
            _ = optimizer.step(&network, gradients: gradients, rate: 1e-4)
        }
        let updates = context.bufferUpdates
        network.replaceState { updates[$0.id] }
    }

    // MARK: Limits

    private func validate() throws {
        func require(_ range: ClosedRange<Int>, _ value: Int, _ name: String) throws {
            guard range.contains(value) else {
                throw FloeError(
                    .usage, "\(name) out of range",
                    expected: "\(range.lowerBound) to \(range.upperBound)", got: "\(value)")
            }
        }
        func requireModel(_ check: () throws -> Void) throws {
            do { try check() } catch let error as ModelConfigurationError {
                throw FloeError(.usage, error.description)
            }
        }
        try requireModel { try configuration.validate() }
        try require(1...1024, batch, "batch")
        try require(1...100_000, steps, "steps")
        if let threads { try require(1...1024, threads, "threads") }
        let multiple = configuration.inputMultiple
        for (name, side) in [("height", height), ("width", width)] {
            try require(1...32768, side, "input \(name)")
            guard side % multiple == 0 else {
                throw FloeError(
                    .usage, "input \(name) does not fit \(configuration.name)",
                    expected: "a multiple of \(multiple)", got: "\(side)",
                    advice: "take \((side + multiple - 1) / multiple * multiple)")
            }
        }
        if task == .train {
            try requireModel {
                try configuration.validateTraining(batch: batch, height: height, width: width)
            }
        }
        try backend.requireAvailable()
        try MemoryNeed.check(
            configuration, batch: batch, height: height, width: width, isTraining: task == .train,
            advice: "lower --batch or --input")
    }

    /// What the process used so far.
    private static var usage: rusage {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage
    }
}
