import DurableFiles
import SegmentationData
import TensorCore
import TrainingTestSupport

@testable import Training

extension TrainingFixtures {
    /// Trains one member and returns what it told.
    @discardableResult
    static func train(
        _ run: RunFolder, member: Int = 0, checkStop: @escaping () throws -> Void = {}
    ) throws -> [TrainingEvent] {
        _ = oneThread
        let dataset = try SegmentationDataset.open(run.recipe.data)
        var events: [TrainingEvent] = []
        try MemberTrainer(run, member: member, dataset: dataset, checkStop: checkStop) {
            events.append($0)
        }.train()
        return events
    }
}

extension TrainingFixtures {
    /// The digests of the weights that trainings with these overrides end in.
    static func digests(_ variants: [[String]]) throws -> [SHA256Digest] {
        try withFolder { folder in
            try writeImages(folder)
            return try variants.enumerated().map { index, more in
                let run = try run(folder, more, name: "run-\(index)")
                try train(run)
                return try weights(run)
            }
        }
    }
}

/// Stops a training at its n-th question whether to stop.
final class StopAfter {
    private var left: Int
    private let error: any Error

    init(_ count: Int, throwing error: any Error = FloeError(.interrupted(signal: 15), "stopped")) {
        left = count
        self.error = error
    }

    func check() throws {
        if left == 0 { throw error }
        left -= 1
    }
}
