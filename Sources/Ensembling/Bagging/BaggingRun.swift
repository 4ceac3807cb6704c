import DurableFiles
import Foundation
import ModelZoo
import SegmentationData
import TensorCore
import Training

/// Trains every member of a run: finished members are skipped, unfinished ones resumed.
///
/// Members do not depend on one another, so that one after another or several at once, interrupted
/// or not, they end in the same bytes.
public final class BaggingRun {
    public let run: RunFolder
    private let progress: TrainingProgress
    private let journal: Journal
    private var history: [Int: [EpochRecord]] = [:]
    /// True where single members are trained, as several processes may do at once.
    private var isOneOfSeveral = false

    /// A line of `log.jsonl`.
    private struct Line: Codable {
        var time: String
        var event: TrainingEvent
    }

    /// Starts a run or takes one up again.
    ///
    /// - Parameters:
    ///   - recipe: what to train.
    ///   - jobs: members that train at once, where the recipe leaves the threads open.
    public static func open(
        _ path: String, recipe: Recipe, jobs: Int, progress: @escaping TrainingProgress
    ) throws -> BaggingRun {
        // Everything that can be wrong with the data is said before the run folder is made.
        let dataset = try SegmentationDataset.open(recipe.data)
        try MemberTrainer.check(recipe, dataset)
        let run = try RunFolder.open(path, recipe: recipe) {
            let processors = ProcessorInformation.current.count
            let threads =
                recipe.compute.threads > 0 ? recipe.compute.threads : max(1, processors / jobs)
            ComputePolicy.setThreads(threads)
            let backend = recipe.compute.backend.make(.exact)
            return RunEnvironment(
                threads: threads, backend: backend,
                kernelTable: try Self.kernelTable(recipe, dataset),
                dataFingerprint: try dataset.fingerprint(),
                encoderSHA256: try recipe.encoder.weights.map {
                    try EncoderStore.openManifest($0).portDigest()
                })
        }
        return try BaggingRun(run, progress: progress)
    }

    private init(_ run: RunFolder, progress: @escaping TrainingProgress) throws {
        self.run = run
        self.progress = progress
        journal = try Journal(run.journalPath)
        do { try readHistory() } catch {
            // The weights are what counts; a log that cannot be read must not stop a training.
            progress(.warning("\(error)"))
        }
        if journal.cutByteCount > 0 {
            progress(.warning("\(run.journalPath): a torn last line was cut"))
        }
    }

    /// What the journal tells of every member's epochs.
    private func readHistory() throws {
        history = [:]
        for line in try Journal.entries(of: Line.self, at: run.journalPath) {
            if case .epochDone(let member, let record, _) = line.event {
                note(record, of: member)
            }
        }
    }

    /// Trains here, one member after another.
    ///
    /// - Parameter members: which; nil takes all of the recipe.
    public func train(members: [Int]? = nil) throws {
        let clock = ContinuousClock()
        let start = clock.now
        let wanted = try checked(members)
        isOneOfSeveral = members != nil
        let lock = members == nil ? try FileLock.acquire(lockPath, patience: 1) : nil
        defer { lock?.release() }
        ComputePolicy.setThreads(run.environment.threads)
        tell(.runStarted(members: wanted.count, threads: run.environment.threads))
        var dataset: SegmentationDataset?
        var failures: [Int: FloeError] = [:]
        for member in wanted {
            try StopSignal.throwIfReceived()
            if run.isFinished(member) {
                try run.checkFinished(member)
                try DurableFile.remove(run.checkpointFolder(member))
                tell(.memberSkipped(member: member))
                continue
            }
            let opened = try dataset ?? SegmentationDataset.open(run.recipe.data)
            dataset = opened
            do {
                try MemberTrainer(run, member: member, dataset: opened) { self.tell($0) }.train()
            } catch let error as FloeError where error.kind == .numeric && wanted.count > 1 {
                // It would fail in the same way again; the others need not wait for ever.
                failures[member] = error
                tell(.memberFailed(member: member, error: error.description))
            }
        }
        try cleanUp()
        tell(
            .runDone(
                finished: wanted.count - failures.count, members: wanted.count,
                seconds: (clock.now - start) / .seconds(1)))
        guard let first = failures.min(by: { $0.key < $1.key }) else { return }
        guard failures.count < wanted.count else { throw first.value }
        let names = failures.keys.sorted().map { "member \($0): \(failures[$0]?.what ?? "")" }
        throw FloeError(
            .partlyDone, file: run.path,
            "\(failures.count) of \(wanted.count) members failed (\(names.joined(separator: "; ")))",
            advice: "lower optimizer.rate in a new run")
    }

    /// Trains several members at once, each in a process of its own.
    ///
    /// A member whose process dies is tried twice more; the others go on.
    /// - Parameter worker: the command that trains member K of this run and tells its progress as
    ///   JSON lines on standard error.
    /// - Throws: `FloeError` of kind `partlyDone` where members are missing at the end.
    public func train(
        members: [Int]? = nil, jobs: Int, worker: @escaping @Sendable (Int) -> WorkerCommand
    ) throws {
        let clock = ContinuousClock()
        let start = clock.now
        let wanted = try checked(members)
        let lock = try FileLock.acquire(lockPath, patience: 1)
        defer { lock.release() }
        tell(.runStarted(members: wanted.count, threads: run.environment.threads))
        for member in wanted where run.isFinished(member) {
            try run.checkFinished(member)
            tell(.memberSkipped(member: member))
        }
        let pool = WorkerPool(jobs: jobs, attempts: 3, command: worker)
        let failures = try pool.run(wanted.filter { !run.isFinished($0) }) { self.tell($0) }
        try StopSignal.throwIfReceived()
        try cleanUp()
        let finished = wanted.count(where: run.isFinished)
        tell(
            .runDone(
                finished: finished, members: wanted.count,
                seconds: (clock.now - start) / .seconds(1)))
        guard finished == wanted.count else {
            let names = wanted.filter { !run.isFinished($0) }.map { member in
                "member \(member): \(failures[member] ?? "its process ended without a word")"
            }
            throw FloeError(
                .partlyDone, file: run.path,
                "\(wanted.count - finished) of \(wanted.count) members failed ("
                    + names.joined(separator: "; ") + ")",
                advice: "run the same command again to go on")
        }
    }

    private func checked(_ members: [Int]?) throws -> [Int] {
        let all = Array(0..<run.recipe.bagging.members)
        for member in members ?? [] where !all.contains(member) {
            throw FloeError(
                .usage, "no member \(member) in this run", expected: "0 to \(all.count - 1)",
                got: "\(member)")
        }
        return members ?? all
    }

    /// Notes an event in the journal and in `metrics.csv`, then passes it on.
    private func tell(_ event: TrainingEvent) {
        if case .stepDone = event {
            progress(event)
            return
        }
        do {
            try journal.append(Line(time: Software.timestamp(), event: event))
            if case .epochDone(let member, let record, _) = event {
                if isOneOfSeveral { try readHistory() }
                note(record, of: member)
                try writeMetrics()
            }
        } catch {
            // The log must not stop a training that goes well; the weights are what counts.
            progress(.warning("\(error)"))
        }
        progress(event)
    }

    /// An epoch that was trained again after an interruption takes its place and ends what followed.
    private func note(_ record: EpochRecord, of member: Int) {
        history[member, default: []].removeAll { $0.epoch >= record.epoch }
        history[member, default: []].append(record)
    }

    private func writeMetrics() throws {
        let records = history.keys.sorted().flatMap { member in
            (history[member] ?? []).sorted { $0.epoch < $1.epoch }.map { (member, $0) }
        }
        try DurableFile.write(EpochRecord.csv(ofMembers: records), to: run.metricsPath)
    }

    /// Nothing of the training is left once every member is there.
    private func cleanUp() throws {
        try journal.flush()
        var lock: FileLock?
        if isOneOfSeveral {
            // A run that holds the lock over all its members cleans up itself.
            do {
                lock = try FileLock.acquire(lockPath, patience: 1)
            } catch let error as FloeError where error.kind == .locked { return }
        }
        defer { lock?.release() }
        guard (0..<run.recipe.bagging.members).allSatisfy(run.isFinished) else { return }
        try DurableFile.remove(run.path + "/checkpoints")
    }

    private var lockPath: String { run.path + "/.run.lock" }

    private static func kernelTable(
        _ recipe: Recipe, _ dataset: SegmentationDataset
    ) throws -> KernelTable {
        guard !recipe.compute.exact, recipe.compute.backend == .onednn else { return KernelTable() }
        let data = try MemberData(dataset, recipe: recipe, member: 0)
        let size = try data.commonSize()
        do {
            return try KernelWarmUp.table(
                recipe.configuration(bands: dataset.bands.count),
                kind: recipe.data.kind == .sigmoid ? .sigmoid : .softmax,
                batch: min(recipe.training.batch, data.training.count), height: size.height,
                width: size.width)
        } catch let error as FloeError { throw error } catch {
            throw FloeError(.usage, file: recipe.data.root, "model: \(error)")
        }
    }
}
