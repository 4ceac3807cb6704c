import DurableFiles
import Foundation
import ModelZoo
import NeuralNetworks
import SegmentationModels
import TensorCore

/// A member in training: network, optimiser, best weights so far, and where it is.
struct TrainingSession {
    var network: any SegmentationNetwork
    /// The moving average of its weights; nil without one.
    var average: (any SegmentationNetwork)?
    var best: (any SegmentationNetwork)?
    var optimizer: Optimizer
    var state: Checkpoint.State

    /// The epoch whose weights are kept.
    var bestEpoch: Int {
        state.earlyStopping.bestEpoch ?? state.history.last?.epoch ?? 1
    }

    /// Whether the monitored score has not improved for too long; without scores nothing stops.
    var isStopped: Bool {
        state.earlyStopping.bestEpoch != nil
            && state.earlyStopping.shouldStop(after: state.epoch - 1)
    }

    /// Whether the epoch's monitored score is the best so far; while there has been none, the last
    /// epoch is.
    mutating func recordScore(_ score: Double?) -> Bool {
        guard score != nil || state.earlyStopping.bestEpoch != nil else { return true }
        return state.earlyStopping.record(score, epoch: state.epoch)
    }

    /// The network that is scored and kept.
    var judged: any SegmentationNetwork { average ?? network }

    /// A member whose training begins.
    init(_ recipe: Recipe, network: any SegmentationNetwork, member: Int, fingerprint: String) {
        self.network = network
        average = recipe.training.averageDecay == nil ? nil : network
        optimizer = Optimizer(
            recipe.optimizer.rule, decaysNorms: recipe.optimizer.decayNorms ?? true,
            clipping: recipe.training.clipping)
        state = Checkpoint.State(
            member: member, epoch: 1, step: 0, optimizerSteps: 0, lossSum: 0, lossCount: 0,
            seconds: 0, epochSeconds: 0, earlyStopping: recipe.training.earlyStopping,
            plateau: recipe.schedule?.plateau(
                rate: recipe.optimizer.rate, monitor: recipe.training.monitor ?? .loss),
            history: [], dataFingerprint: fingerprint, tensorsSHA256: SHA256Digest.of(Data()),
            lossWeights: recipe.lossWeights.map { _ in recipe.loss.map(\.weight) })
    }

    /// Moves the average, where there is one, towards the network that has just taken a step.
    mutating func updateAverage(decay: Double?) {
        guard let decay, var average else { return }
        // Held twice, its tensors would be copied.
        self.average = nil
        WeightAverage(decay: decay).update(&average, towards: network, step: optimizer.steps)
        self.average = average
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
            (stored.skippedSteps ?? [:]).values.allSatisfy((0...stored.optimizerSteps).contains),
            stored.history.count == stored.epoch - 1,
            stored.earlyStopping.hasSameRule(as: fresh.state.earlyStopping),
            Self.fits(stored.plateau, fresh.state.plateau),
            stored.lossWeights?.count == fresh.state.lossWeights?.count,
            checkpoint.average.isEmpty == (fresh.average == nil)
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
        if let start = fresh.average {
            average = try Self.restore(start, checkpoint.average, path)
        }
        try Self.check(checkpoint.moments, fit: fresh, steps: stored.optimizerSteps, path)
        optimizer = fresh.optimizer.resumed(
            steps: stored.optimizerSteps,
            skippedSteps: stored.skippedSteps
                ?? stored.encoderSteps.map { ["encoder": stored.optimizerSteps - $0] } ?? [:],
            moments: checkpoint.moments)
    }

    func checkpoint() -> Checkpoint {
        var state = state
        state.optimizerSteps = optimizer.steps
        state.encoderSteps = nil
        state.skippedSteps = optimizer.skippedSteps.isEmpty ? nil : optimizer.skippedSteps
        return Checkpoint(
            state: state, model: network.stateEntries().map { NamedTensor($0) },
            best: best?.stateEntries().map { NamedTensor($0) } ?? [], moments: optimizer.moments,
            average: average?.stateEntries().map { NamedTensor($0) } ?? [])
    }

    private static func fits(_ stored: ReduceOnPlateau?, _ fresh: ReduceOnPlateau?) -> Bool {
        guard let stored, let fresh else { return stored == nil && fresh == nil }
        return stored.hasSameRule(as: fresh)
    }

    /// What the optimiser remembers must fit the parameters, one by one.
    private static func check(
        _ moments: [String: [Tensor]], fit fresh: TrainingSession, steps: Int, _ path: String
    ) throws {
        guard steps > 0 || !moments.isEmpty else { return }
        let shapes = fresh.network.stateEntries().filter(\.isParameter).map(\.tensor.shape)
        for name in fresh.optimizer.rule.momentNames {
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
