import DurableFiles
import Foundation
import ModelZoo
import NeuralNetworks
import TensorCore

/// All that a member's training needs to go on as if it had never stopped.
struct Checkpoint {
    static let format = "floe.checkpoint/1"
    static let stateName = "state.json"
    static let tensorsName = "tensors.h5"
    private static let stateLimit = 64 << 20
    private static let tensorLimit = 16 << 30

    /// What is not a tensor.
    struct State: Codable, Hashable {
        var format = Checkpoint.format
        var member: Int
        /// The epoch under way, counted from 1, and its next step, counted from 0.
        var epoch: Int
        var step: Int
        var optimizerSteps: Int
        /// Steps that a group of parameters had no part in, by its prefix; absent where there are none.
        var skippedSteps: [String: Int]?
        /// What earlier versions wrote instead: the steps that the encoder took part in.
        var encoderSteps: Int?
        /// Sum of the losses of this epoch's images so far, and their number.
        var lossSum: Double
        var lossCount: Int
        /// Seconds of training so far, and those of the epoch under way.
        var seconds: Double
        var epochSeconds: Double
        var earlyStopping: EarlyStopping
        /// Absent where the rate does not depend on a score.
        var plateau: ReduceOnPlateau?
        var history: [EpochRecord]
        var dataFingerprint: String
        var tensorsSHA256: SHA256Digest
        /// The weights of the loss's terms in the epoch under way; absent where they are fixed.
        var lossWeights: [Double]?
    }

    /// The state with its own digest: one flipped bit of a sum or a step must not go unseen.
    private struct Sealed: Codable {
        var state: State
        var sha256: SHA256Digest

        init(_ state: State) throws {
            self.state = state
            sha256 = SHA256Digest.of(try BoundedJSON.encode(state))
        }
    }

    var state: State
    var model: [NamedTensor]
    /// The weights of the best epoch; empty before the first.
    var best: [NamedTensor]
    var moments: [String: [Tensor]]
    /// The moving average of the weights; empty without one.
    var average: [NamedTensor] = []

    /// Writes a new generation and then removes all but the one before it.
    func save(in folder: String) throws {
        try DurableFile.createFolder(folder)
        try DurableFile.removeStaleTemporaries(in: folder)
        var tensors: [NamedTensor] = []
        for entry in model { tensors.append(NamedTensor("model/" + entry.name, entry.tensor)) }
        for entry in best { tensors.append(NamedTensor("best/" + entry.name, entry.tensor)) }
        for entry in average { tensors.append(NamedTensor("average/" + entry.name, entry.tensor)) }
        for name in moments.keys.sorted() {
            for (index, tensor) in (moments[name] ?? []).enumerated() {
                tensors.append(NamedTensor("moments/\(name)/\(index)", tensor))
            }
        }
        let data = try WeightsFile.encode(tensors)
        var state = state
        let path = folder + "/" + Self.generationName(state)
        if FileManager.default.fileExists(atPath: path) {
            // The same step gives the same bytes; what differs is damaged.
            if let there = try? Self.read(path),
                there.state.tensorsSHA256 == SHA256Digest.of(data)
            {
                return
            }
            try DurableFile.remove(path)
        }
        let transaction = try FolderTransaction(path)
        do {
            state.tensorsSHA256 = try transaction.write(data, as: Self.tensorsName)
            try transaction.write(BoundedJSON.encode(Sealed(state)), as: Self.stateName)
            try transaction.commit()
        } catch {
            transaction.discard()
            throw error
        }
        for old in try Self.generations(in: folder).dropFirst(2) {
            try DurableFile.remove(folder + "/" + old)
        }
    }

    /// The newest generation that is whole; what had to be passed over is told to `warn` and removed.
    static func load(from folder: String, warn: (String) -> Void) throws -> Checkpoint? {
        guard FileManager.default.fileExists(atPath: folder) else { return nil }
        try DurableFile.removeStaleTemporaries(in: folder)
        var problem: FloeError?
        var found: Checkpoint?
        var damaged: [String] = []
        for name in try generations(in: folder) {
            do {
                found = try read(folder + "/" + name)
                if let problem {
                    warn("\(problem); going on from the checkpoint before it, \(name)")
                }
                break
            } catch let error as FloeError where error.kind == .badData || error.kind == .notFound {
                problem = problem ?? error
                damaged.append(name)
            }
        }
        if found == nil, let problem {
            warn("\(problem); no whole checkpoint is left, starting again")
        }
        // They would stand before the ones that are written next.
        for name in damaged { try DurableFile.remove(folder + "/" + name) }
        return found
    }

    /// Newest first.
    private static func generations(in folder: String) throws -> [String] {
        try DurableFile.listFolder(folder).filter { $0.hasPrefix("epoch-") }.sorted(by: >)
    }

    private static func generationName(_ state: State) -> String {
        func padded(_ value: Int) -> String {
            String(repeating: "0", count: max(0, 7 - String(value).count)) + String(value)
        }
        return "epoch-\(padded(state.epoch))-step-\(padded(state.step))"
    }

    private static func read(_ folder: String) throws -> Checkpoint {
        let file = folder + "/" + stateName
        let sealed = try BoundedJSON.read(Sealed.self, at: file, limit: stateLimit)
        let state = sealed.state
        guard sealed.sha256 == (try Sealed(state)).sha256 else {
            throw FloeError(.badData, file: file, "damaged: its digest is not the one stored")
        }
        guard state.format == format else {
            throw FloeError(
                .usage, file: file, "a checkpoint of another version of Floe", expected: format,
                got: state.format,
                advice: "go on with that version, or remove the checkpoints to start again")
        }
        let path = folder + "/" + tensorsName
        let data = try DurableFile.read(path, limit: tensorLimit)
        guard SHA256Digest.of(data) == state.tensorsSHA256 else {
            throw FloeError(.badData, file: path, "damaged: its digest is not the one stored")
        }
        var checkpoint = Checkpoint(state: state, model: [], best: [], moments: [:])
        var numbered: [String: [(Int, Tensor)]] = [:]
        for entry in try WeightsFile.decodeAll(data, file: path) {
            let parts = entry.name.split(separator: "/", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "model": checkpoint.model.append(NamedTensor(parts[1], entry.tensor))
            case "best": checkpoint.best.append(NamedTensor(parts[1], entry.tensor))
            case "average": checkpoint.average.append(NamedTensor(parts[1], entry.tensor))
            default:
                let names = parts[1].split(separator: "/").map(String.init)
                guard names.count == 2, let index = Int(names[1]) else { continue }
                numbered[names[0], default: []].append((index, entry.tensor))
            }
        }
        checkpoint.moments = numbered.mapValues { $0.sorted { $0.0 < $1.0 }.map(\.1) }
        return checkpoint
    }
}
