import DurableFiles
import Foundation
import ModelZoo
import NeuralNetworks
import SegmentationData
import SegmentationModels
import TensorCore

/// Trains one member on its bag, from its start or from its last checkpoint.
///
/// The same run folder gives the same weights, whether it was interrupted or not: batches, order
/// and augmentation are pure functions of member, epoch and step, and a checkpoint holds all else.
public struct MemberTrainer {
    private let run: RunFolder
    private let member: Int
    private let data: MemberData
    private let configuration: ModelConfiguration
    private let start: StartingNetwork
    /// The terms of the loss, their class weights resolved.
    private let lossSections: [LossSection]
    private let progress: TrainingProgress
    /// Throws where the training must stop before its next step.
    private let checkStop: () throws -> Void
    private let clock = ContinuousClock()

    /// - Parameter dataset: the run's data set, opened.
    public init(
        _ run: RunFolder, member: Int, dataset: SegmentationDataset,
        progress: @escaping TrainingProgress
    ) throws {
        try self.init(
            run, member: member, dataset: dataset, checkStop: StopSignal.throwIfReceived,
            progress: progress)
    }

    init(
        _ run: RunFolder, member: Int, dataset: SegmentationDataset,
        checkStop: @escaping () throws -> Void, progress: @escaping TrainingProgress
    ) throws {
        self.run = run
        self.member = member
        self.progress = progress
        self.checkStop = checkStop
        data = try MemberData(dataset, recipe: run.recipe, member: member)
        configuration = try run.recipe.configuration(bands: dataset.bands.count)
        start = try StartingNetwork(
            run.recipe, configuration, bands: dataset.bands, member: member,
            expecting: run.environment.encoderSHA256)
        try Self.checkValidation(run.recipe, dataset)
        try Self.checkHeldOut(run.recipe, data.bag)
        guard try data.hasLabels() else {
            throw FloeError(
                .badData, file: run.recipe.data.root,
                "the bag of member \(member) has no labelled pixel",
                advice: "check data.masks and what is ignored")
        }
        lossSections = try Self.resolvedLoss(run.recipe, data)
    }

    /// Trains until the last epoch or until early stopping, and writes the member's folder.
    ///
    /// - Throws: `FloeError`; of kind `interrupted` after a checkpoint where a signal came, of kind
    ///   `numeric` where a loss is not finite (the last good checkpoint stays).
    public func train() throws {
        let lock = try run.lock(member: member)
        defer { lock.release() }
        if run.isFinished(member) {
            progress(.memberSkipped(member: member))
            return
        }
        let folder = run.memberFolder(member)
        guard !FileManager.default.fileExists(atPath: folder) else {
            throw FloeError(
                .badData, file: folder, "a member's folder without its manifest is in the way",
                advice: "restore the manifest, or remove the folder to train this member again")
        }
        try run.recipe.compute.backend.requireAvailable()
        try ComputeThread.shared.run { try trainHere() }
    }

    private func trainHere() throws {
        let recipe = run.recipe
        let backend = recipe.compute.backend.make(
            run.environment.kernelChoice(exact: recipe.compute.exact))
        if let difference = run.environment.difference(on: backend) {
            progress(
                .warning(
                    "the run was started elsewhere (\(difference)); results can differ in their "
                        + "last digits"))
        }
        let assembler = BatchAssembler(
            data, recipe: recipe, member: member, multiple: configuration.inputMultiple)
        let size = try data.commonSize()
        try Self.checkBatches(
            configuration, size, count: data.training.count, recipe: recipe, member: member)
        var session = try startOrResume(assembler)
        let writer = CheckpointWriter(folder: run.checkpointFolder(member))
        // Nothing is being written any more when this returns or throws.
        defer { _ = try? writer.finish() }
        let validator = Validator(
            assembler: assembler,
            loss: JointLoss(pixels: loss, presence: recipe.imageHead?.loss),
            evaluation: recipe.evaluation, presenceRule: PresenceRule(recipe),
            checkStop: checkStop)
        progress(
            .memberStarted(
                member: member, epochs: recipe.training.epochs, steps: assembler.stepsPerEpoch,
                images: data.training.count))
        let events = EventLog(run, member: member, assembler: assembler) {
            progress(.warning($0))
        }
        events?.start(session.state)
        while session.state.epoch <= recipe.training.epochs, !session.isStopped {
            do {
                try trainEpoch(&session, assembler, validator, backend, writer, events)
            } catch var error as FloeError {
                if case .interrupted = error.kind {
                    // Whatever became of the one before: this one is newer.
                    tell((try? writer.finish()) ?? [])
                    try saveCheckpoint(session)
                }
                if error.kind == .numeric, error.file == nil {
                    error.file = run.path
                    error.what += " of member \(member) in epoch \(session.state.epoch)"
                }
                throw error
            }
        }
        // Once the member can be written, a checkpoint that could not is of no matter.
        tell((try? writer.finish()) ?? [])
        events?.finish(
            session.state.history, session.best ?? session.judged, bestEpoch: session.bestEpoch,
            backend: backend)
        do { try finish(session, size) } catch {
            // A full disk must not cost the last epoch too.
            try? saveCheckpoint(session)
            throw error
        }
    }

    /// With the recipe's own weights, so that epochs can be compared.
    private var loss: Loss {
        Loss(lossSections, classes: run.recipe.data.classes.map(\.name))
    }

    // MARK: One epoch

    private func trainEpoch(
        _ session: inout TrainingSession, _ assembler: BatchAssembler, _ validator: Validator,
        _ backend: any ComputeBackend, _ writer: CheckpointWriter, _ events: EventLog?
    ) throws {
        let recipe = run.recipe
        let epoch = session.state.epoch
        session.network.isEncoderFrozen = recipe.encoder.isFrozen(inEpoch: epoch)
        let steps = assembler.stepsPerEpoch
        let order = assembler.order(epoch: epoch)
        let loss = session.state.lossWeights.map(self.loss.weighted) ?? self.loss
        let rates = LearningRates(recipe, stepsPerEpoch: steps)
        var lap = clock.now
        func book() {
            let seconds = (clock.now - lap) / .seconds(1)
            session.state.seconds += seconds
            session.state.epochSeconds += seconds
            lap = clock.now
        }
        let prefetcher = Prefetcher(session.state.step..<steps) { step in
            try assembler.trainingBatch(epoch: epoch, step: step, order: order)
        }
        defer { prefetcher.stop() }
        while let batch = try prefetcher.next() {
            do { try checkStop() } catch {
                book()
                throw error
            }
            let value = try step(batch, &session, loss, rates, backend, steps: steps)
            session.state.lossSum += value * Double(batch.target.batch)
            session.state.lossCount += batch.target.batch
            session.state.step += 1
            progress(
                .stepDone(
                    member: member, epoch: epoch, step: session.state.step, steps: steps,
                    loss: value))
            events?.step(session.state.step, epoch: epoch, loss: value)
        }
        let scores = try validator.scores(session.judged, backend: backend)
        book()
        let trainingLoss = session.state.lossSum / Double(max(1, session.state.lossCount))
        let score = scores?.value(recipe.training.monitor ?? .loss)
        let isBest = session.recordScore(score)
        if isBest { session.best = session.judged }
        let record = EpochRecord(
            epoch: epoch, trainingLoss: trainingLoss, validationLoss: scores?.loss,
            validationDice: scores?.dice, validationIoU: scores?.iou,
            validationAccuracy: scores?.accuracy,
            rate: rates.last(ofEpoch: epoch, session.state.plateau),
            seconds: session.state.epochSeconds, isBest: isBest,
            lossWeights: session.state.lossWeights)
        // Without a score nothing can be said to have stopped improving.
        if score != nil { rates.record(score, epoch: epoch, in: &session.state.plateau) }
        session.state.history.append(record)
        session.adaptLossWeights(recipe.lossWeights, lossSections, scores)
        session.state.epoch += 1
        session.state.step = 0
        session.state.lossSum = 0
        session.state.lossCount = 0
        session.state.epochSeconds = 0
        progress(.epochDone(member: member, record: record, epochs: recipe.training.epochs))
        events?.epoch(session.state.history, session.judged, backend: backend)
        if epoch % recipe.training.checkpointEvery == 0, epoch < recipe.training.epochs,
            writer.secondsSinceStart >= recipe.training.checkpointSeconds
        {
            tell(try writer.start(session.checkpoint()))
        }
    }

    private func step(
        _ batch: Batch, _ session: inout TrainingSession, _ loss: Loss, _ rates: LearningRates,
        _ backend: any ComputeBackend, steps: Int
    ) throws -> Double {
        let context = ForwardContext.training(
            backend, dropoutSeed: run.recipe.training.seed &+ UInt64(member),
            dropoutStep: session.optimizer.steps)
        let output = session.network.output(Variable(batch.image), in: context)
        let joint = JointLoss(pixels: loss, presence: run.recipe.imageHead?.loss)
        let (value, seeds) = joint.valueAndGradients(output, target: batch.target)
        // A batch whose every label is ignored teaches nothing and moves nothing.
        guard let value, let tape = context.tape else { return 0 }
        guard value.isFinite else {
            throw notFinite("the loss", "\(value)", session, batch, steps)
        }
        let gradients = tape.gradients(of: seeds, backend: backend)
        let state = session.state
        let isFinite = session.optimizer.step(
            &session.network, gradients: gradients,
            rate: rates.rate(epoch: state.epoch, step: state.step, state.plateau),
            groups: rates.groups(epoch: state.epoch, step: state.step, state.plateau))
        let updates = context.bufferUpdates
        session.network.replaceState { updates[$0.id] }
        if !isFinite || !updates.values.allSatisfy(\.isAllFinite),
            let broken = session.network.stateEntries().first(where: { !$0.tensor.isAllFinite })
        {
            throw notFinite("'\(broken.name)'", "a value that is not finite", session, batch, steps)
        }
        session.updateAverage(decay: run.recipe.training.averageDecay)
        return value
    }

    private func notFinite(
        _ what: String, _ value: String, _ session: TrainingSession, _ batch: Batch, _ steps: Int
    ) -> FloeError {
        FloeError(
            .numeric, file: run.path,
            "\(what) of member \(member) became \(value) in epoch \(session.state.epoch), "
                + "step \(session.state.step + 1) of \(steps), images "
                + batch.ids.joined(separator: " "),
            advice: "lower optimizer.rate with another --out; the last good checkpoint is kept")
    }

    // MARK: Start, resume, finish

    private func startOrResume(_ assembler: BatchAssembler) throws -> TrainingSession {
        let recipe = run.recipe
        let fingerprint = try data.dataset.fingerprint()
        if let started = run.environment.dataFingerprint, started != fingerprint {
            throw FloeError(
                .badData, file: recipe.data.root, "the data changed since this run was started",
                advice: "restore them, or start a new run")
        }
        let fresh = TrainingSession(
            recipe, network: start.network, member: member, fingerprint: fingerprint)
        guard
            let checkpoint = try Checkpoint.load(
                from: run.checkpointFolder(member), warn: { progress(.warning($0)) })
        else { return fresh }
        guard checkpoint.state.dataFingerprint == fingerprint else {
            throw FloeError(
                .badData, file: recipe.data.root, "the data changed since this run was started",
                advice: "restore them, or start a new run")
        }
        let session = try TrainingSession(
            resuming: checkpoint, fresh: fresh, steps: assembler.stepsPerEpoch,
            path: run.checkpointFolder(member))
        progress(
            .memberResumed(
                member: member, epoch: session.state.epoch, step: session.state.step))
        return session
    }

    private func saveCheckpoint(_ session: TrainingSession) throws {
        try session.checkpoint().save(in: run.checkpointFolder(member))
        tell([session.state])
    }

    private func tell(_ saved: [Checkpoint.State]) {
        for state in saved {
            progress(.checkpointSaved(member: member, epoch: state.epoch, step: state.step))
        }
    }

    private func finish(_ session: TrainingSession, _ size: ImageSize) throws {
        let recipe = run.recipe
        let state = session.state
        let best = session.best ?? session.judged
        let exact = recipe.compute.backend.make(.exact)
        let draft = try MemberDraft(
            session, run: run, member: member, data: data, size: size,
            configuration: configuration, lineage: start.lineage, loss: lossSections)
        let folder = run.memberFolder(member)
        // Only this member's own: another machine may be writing another member.
        try DurableFile.removeStaleTemporaries(in: run.path, of: [run.memberName(member)])
        try MemberStore.save(best, draft: draft, to: folder, exactBackend: exact) { transaction in
            try transaction.write(EpochRecord.csv(state.history), as: "history.csv")
        }
        try DurableFile.remove(run.checkpointFolder(member))
        progress(
            .memberDone(
                member: member, bestEpoch: session.bestEpoch, epochs: state.history.count,
                seconds: state.seconds))
    }
}
