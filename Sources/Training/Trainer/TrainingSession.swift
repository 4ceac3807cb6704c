import DurableFiles
import ModelZoo
import NeuralNetworks
import SegmentationModels
import TensorCore

/// A member in training: network, optimiser, best weights so far, and where it is.
struct TrainingSession {
    var network: any SegmentationNetwork
    var best: (any SegmentationNetwork)?
    var optimizer: Optimizer
    var state: Checkpoint.State

    /// The epoch whose weights are kept.
    var bestEpoch: Int {
        state.earlyStopping.bestEpoch ?? state.history.last?.epoch ?? 1
    }

    init(
        network: any SegmentationNetwork, best: (any SegmentationNetwork)?, optimizer: Optimizer,
        state: Checkpoint.State
    ) {
        self.network = network
        self.best = best
        self.optimizer = optimizer
        self.state = state
    }

    /// Goes on where a checkpoint was written.
    ///
    /// - Throws: `FloeError` of kind `badData` for a checkpoint of another member or network.
    init(
        resuming checkpoint: Checkpoint, fresh: TrainingSession, steps: Int, path: String
    ) throws {
        self = fresh
        let stored = checkpoint.state
        guard stored.member == fresh.state.member else {
            throw FloeError(
                .badData, file: path, "a checkpoint of another member",
                expected: "member \(fresh.state.member)", got: "member \(stored.member)",
                advice: "remove it to start this member again")
        }
        guard stored.epoch >= 1, (0...steps).contains(stored.step), stored.optimizerSteps >= 0,
            (0...stored.optimizerSteps).contains(stored.encoderSteps ?? 0),
            stored.history.count == stored.epoch - 1,
            stored.earlyStopping.patience == fresh.state.earlyStopping.patience
        else {
            throw FloeError(
                .badData, file: path, "a checkpoint of another training",
                expected: "\(steps) steps an epoch",
                got: "epoch \(stored.epoch), step \(stored.step)",
                advice: "remove it to start this member again")
        }
        state = checkpoint.state
        network = try Self.restore(fresh.network, checkpoint.model, path)
        if !checkpoint.best.isEmpty {
            best = try Self.restore(fresh.network, checkpoint.best, path)
        }
        try Self.check(checkpoint.moments, fit: fresh, steps: stored.optimizerSteps, path)
        optimizer = Optimizer(
            fresh.optimizer.rule, steps: stored.optimizerSteps,
            encoderSteps: stored.encoderSteps ?? stored.optimizerSteps, moments: checkpoint.moments)
    }

    func checkpoint() -> Checkpoint {
        var state = state
        state.optimizerSteps = optimizer.steps
        state.encoderSteps =
            optimizer.encoderSteps == optimizer.steps ? nil : optimizer.encoderSteps
        return Checkpoint(
            state: state, model: network.stateEntries().map { NamedTensor($0) },
            best: best?.stateEntries().map { NamedTensor($0) } ?? [], moments: optimizer.moments)
    }

    /// What the optimiser remembers must fit the parameters, one by one.
    private static func check(
        _ moments: [String: [Tensor]], fit fresh: TrainingSession, steps: Int, _ path: String
    ) throws {
        guard steps > 0 || !moments.isEmpty else { return }
        let shapes = fresh.network.stateEntries().filter(\.isParameter).map(\.tensor.shape)
        for name in fresh.optimizer.momentNames {
            guard moments[name]?.map(\.shape) == shapes else {
                throw FloeError(
                    .badData, file: path,
                    "a checkpoint of another network at '\(name)' of the "
                        + "optimiser", expected: "\(shapes.count) tensors",
                    got: "\(moments[name]?.count ?? 0)",
                    advice: "remove it to start this member again")
            }
        }
    }

    private static func restore(
        _ network: any SegmentationNetwork, _ tensors: [NamedTensor], _ path: String
    ) throws -> any SegmentationNetwork {
        var byName: [String: Tensor] = [:]
        for entry in tensors { byName[entry.name] = entry.tensor }
        let entries = network.stateEntries()
        if let foreign = Set(byName.keys).subtracting(entries.map(\.name)).min() {
            throw FloeError(
                .badData, file: path, "a checkpoint of another network at '\(foreign)'",
                expected: "nothing", got: byName[foreign].map { "\($0.shape)" },
                advice: "remove it to start this member again")
        }
        for entry in entries {
            guard byName[entry.name]?.shape == entry.tensor.shape else {
                throw FloeError(
                    .badData, file: path, "a checkpoint of another network at '\(entry.name)'",
                    expected: "\(entry.tensor.shape)",
                    got: byName[entry.name].map { "\($0.shape)" } ?? "nothing",
                    advice: "remove it to start this member again")
            }
        }
        var result = network
        result.replaceState { byName[$0.name] }
        return result
    }
}
