import DurableFiles
import Foundation
import SegmentationModels
import TensorCore

/// A member's curves and pictures as an event file of TensorBoard.
///
/// A member that is resumed goes on where its checkpoint was written: what was told of later steps
/// is cut, and epochs that never reached the disk are told again from the checkpoint's history. So
/// there is one point an epoch, whatever happened. What fails here is told once and stops nothing.
final class EventLog {
    /// TensorBoard wants `tfevents` in the name, and others a time and a host behind it. A name
    /// without a time is the same when the member is resumed.
    static let fileName = "events.out.tfevents.0000000000.floe"
    /// Points of the curve of single steps, at most.
    static let stepPoints = 2000

    private static let stepTag = "loss/step"
    private static let bestName = "best"

    private let folder: String
    private let stepsPerEpoch: Int
    /// Steps from one point of their curve to the next.
    private let interval: Int
    private let terms: [String]
    private let makePictures: () throws -> SamplePictures
    private let warn: (String) -> Void

    private var file: RecordFile?
    private var madePictures: SamplePictures?
    /// What cannot be drawn once, such as a sample that is gone, will not be the next time.
    private var givesUpPictures = false
    /// The last epoch that is in the file.
    private var lastEpoch = 0
    private var hasWarned = false

    /// - Parameters:
    ///   - folder: the member's own below the run's `tensorboard`; made when it is needed.
    ///   - terms: the names of the loss's terms.
    ///   - pictures: called once, at the first picture.
    init(
        folder: String, stepsPerEpoch: Int, epochs: Int, terms: [String],
        pictures: @escaping () throws -> SamplePictures, warn: @escaping (String) -> Void
    ) {
        self.folder = folder
        self.stepsPerEpoch = stepsPerEpoch
        interval = max(1, (epochs * stepsPerEpoch + Self.stepPoints - 1) / Self.stepPoints)
        self.terms = terms
        makePictures = pictures
        self.warn = warn
    }

    /// The log of a run's member; nil where the recipe wants none.
    convenience init?(
        _ run: RunFolder, member: Int, assembler: BatchAssembler, warn: @escaping (String) -> Void
    ) {
        let recipe = run.recipe
        guard recipe.training.tensorboard ?? true else { return nil }
        self.init(
            folder: run.eventFolder(member), stepsPerEpoch: assembler.stepsPerEpoch,
            epochs: recipe.training.epochs, terms: recipe.loss.map(\.term.rawValue),
            pictures: {
                try SamplePictures(
                    assembler, evaluation: recipe.evaluation, presenceRule: PresenceRule(recipe))
            }, warn: warn)
    }

    /// Opens the file as it was where a training begins or goes on.
    func start(_ state: Checkpoint.State) {
        guarded { try bringUp(to: state.history, steps: stepsDone(state.epoch, state.step)) }
    }

    /// Notes the loss of a step that was done.
    ///
    /// - Parameter step: of the epoch, counted from 1.
    func step(_ step: Int, epoch: Int, loss: Double) {
        let number = stepsDone(epoch, step)
        guard let file, number % interval == 0 else { return }
        guarded {
            try append(
                [.init(tag: Self.stepTag, content: .scalar(Float(loss)))], step: number, to: file)
        }
    }

    /// Notes the last epoch of a history, with those before it that could not be noted in their
    /// time, and after epochs 1, 2, 4, 8 and so on what the network says of the samples.
    func epoch(
        _ history: [EpochRecord], _ network: any SegmentationNetwork,
        backend: any ComputeBackend
    ) {
        let epoch = history.count
        guarded {
            let file = try bringUp(to: history, steps: epoch * stepsPerEpoch)
            guard epoch & (epoch - 1) == 0 else { return }
            try appendPictures(step: epoch, to: file) {
                try $0.predictions(network, backend: backend, name: "prediction")
            }
        }
    }

    /// Notes what the network that is kept says of the samples, and closes the file.
    func finish(
        _ history: [EpochRecord], _ network: any SegmentationNetwork, bestEpoch: Int,
        backend: any ComputeBackend
    ) {
        guarded {
            let file = try bringUp(to: history, steps: history.count * stepsPerEpoch)
            self.file = nil
            try appendPictures(step: bestEpoch, to: file) {
                try $0.predictions(network, backend: backend, name: Self.bestName)
            }
            try file.close()
        }
    }

    // MARK: The file

    /// Steps of the whole training up to a place in it.
    private func stepsDone(_ epoch: Int, _ step: Int) -> Int { (epoch - 1) * stepsPerEpoch + step }

    /// Whether an event was noted before so many epochs and steps of the whole training were done.
    private func isNoted(_ event: TensorBoardEventOutline, epochs: Int, steps: Int) -> Bool {
        if event.tags.contains(Self.stepTag) { return event.step <= steps }
        // What is noted when the training is over is never before a place to go on from.
        let isLast = event.tags.contains { $0.hasSuffix("/" + Self.bestName) }
        return event.step <= epochs && !isLast
    }

    /// Opens the file where it is not open, and notes the epochs that are missing in it.
    ///
    /// - Parameters:
    ///   - history: the epochs that are done.
    ///   - steps: the steps that are done in the whole training.
    @discardableResult
    private func bringUp(to history: [EpochRecord], steps: Int) throws -> RecordFile {
        let file = try file ?? opened(epochs: history.count, steps: steps)
        for record in history where record.epoch > lastEpoch {
            try append(record.scalars(terms: terms), step: record.epoch, to: file)
            lastEpoch = record.epoch
        }
        return file
    }

    private func opened(epochs: Int, steps: Int) throws -> RecordFile {
        try DurableFile.createFolder(folder)
        lastEpoch = 0
        var isEmpty = true
        var hasPictures = false
        let file = try RecordFile(folder + "/" + Self.fileName) { data in
            guard let event = TensorBoardEventOutline(data),
                isNoted(event, epochs: epochs, steps: steps)
            else { return false }
            isEmpty = false
            if event.tags.contains(EpochRecord.firstTag) { lastEpoch = max(lastEpoch, event.step) }
            if event.step == 0, !event.tags.isEmpty { hasPictures = true }
            return true
        }
        if file.damagedByteCount > 0 { warn("\(file.path): a torn end was cut") }
        if isEmpty {
            try file.append(
                TensorBoardEvent(wallTime: Self.now, step: 0, content: .fileVersion).encoded)
        }
        self.file = file
        if !hasPictures {
            // Without them the curves go on.
            guarded { try appendPictures(step: 0, to: file) { try $0.fixed() } }
        }
        return file
    }

    private func append(
        _ values: [TensorBoardEvent.Value], step: Int, to file: RecordFile
    ) throws {
        let event = TensorBoardEvent(wallTime: Self.now, step: step, content: .values(values))
        try file.append(event.encoded)
    }

    private static var now: Double { Date().timeIntervalSince1970 }

    /// Notes pictures as long as they can be drawn: the first failure is told, and none is tried after
    /// it. The curves go on.
    private func appendPictures(
        step: Int, to file: RecordFile, _ draw: (SamplePictures) throws -> [TensorBoardEvent.Value]
    ) throws {
        guard !givesUpPictures else { return }
        let values: [TensorBoardEvent.Value]
        do {
            let pictures = try madePictures ?? makePictures()
            madePictures = pictures
            values = try draw(pictures)
        } catch {
            givesUpPictures = true
            warn("\(error); the training goes on, TensorBoard has no more pictures of it")
            return
        }
        try append(values, step: step, to: file)
    }

    /// The weights are what counts: a log that cannot be written must not stop a training.
    private func guarded(_ body: () throws -> Void) {
        do { try body() } catch {
            guard !hasWarned else { return }
            hasWarned = true
            warn("\(error); the training goes on, TensorBoard may miss some of it")
        }
    }
}
