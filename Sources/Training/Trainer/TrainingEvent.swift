/// What a training run tells while it runs; lines of `log.jsonl` and of `--progress json`.
public enum TrainingEvent: Codable, Sendable, Hashable {
    case runStarted(members: Int, threads: Int)
    case memberSkipped(member: Int)
    case memberStarted(member: Int, epochs: Int, steps: Int, images: Int)
    case memberResumed(member: Int, epoch: Int, step: Int)
    case stepDone(member: Int, epoch: Int, step: Int, steps: Int, loss: Double)
    case epochDone(member: Int, record: EpochRecord, epochs: Int)
    case checkpointSaved(member: Int, epoch: Int, step: Int)
    case memberDone(member: Int, bestEpoch: Int, epochs: Int, seconds: Double)
    case memberFailed(member: Int, error: String)
    case warning(String)
    case runDone(finished: Int, members: Int, seconds: Double)
}

/// Takes events as they happen; called from one thread at a time.
public typealias TrainingProgress = (TrainingEvent) -> Void
