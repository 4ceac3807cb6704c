import NeuralNetworks

/// The learning rates of a member's steps: pure functions of the place in training and of what a
/// plateau has lowered so far.
struct LearningRates {
    private let rate: Double
    private let encoderRate: Double?
    private let schedule: Schedule
    private let warmUp: WarmUp
    /// The step from which the schedule counts.
    private let start: Int
    private let stepsPerEpoch: Int
    private let epochs: Int

    init(_ recipe: Recipe, stepsPerEpoch: Int) {
        rate = recipe.optimizer.rate
        encoderRate = recipe.encoder.rate
        let section = recipe.schedule ?? ScheduleSection()
        schedule = section.schedule(rate: rate)
        warmUp = section.warmUp(stepsPerEpoch: stepsPerEpoch)
        // A staircase changes between epochs, wherever in one the warm-up ends.
        let isStaircase = if case .step = schedule { true } else { false }
        start = isStaircase ? warmUp.steps / stepsPerEpoch * stepsPerEpoch : warmUp.steps
        self.stepsPerEpoch = stepsPerEpoch
        epochs = recipe.training.epochs
    }

    /// What both rates are multiplied with.
    ///
    /// - Parameters:
    ///   - epoch: counted from 1.
    ///   - step: of that epoch, counted from 0.
    private func factor(epoch: Int, step: Int, _ plateau: ReduceOnPlateau?) -> Double {
        let place = (epoch - 1) * stepsPerEpoch + step
        guard place >= warmUp.steps else { return warmUp.factor(at: place) }
        if let plateau { return plateau.rate / rate }
        return schedule.factor(
            at: place - start, horizon: epochs * stepsPerEpoch - start,
            stepsPerEpoch: stepsPerEpoch)
    }

    /// The optimiser's rate.
    func rate(epoch: Int, step: Int, _ plateau: ReduceOnPlateau?) -> Double {
        rate * factor(epoch: epoch, step: step, plateau)
    }

    /// The encoder, which counts its own steps and may have a rate of its own.
    func groups(epoch: Int, step: Int, _ plateau: ReduceOnPlateau?) -> [ParameterGroup] {
        let factor = factor(epoch: epoch, step: step, plateau)
        return [ParameterGroup("encoder", rate: (encoderRate ?? rate) * factor)]
    }

    /// The rate of an epoch's last step.
    func last(ofEpoch epoch: Int, _ plateau: ReduceOnPlateau?) -> Double {
        rate(epoch: epoch, step: stepsPerEpoch - 1, plateau)
    }

    /// Lets a plateau see an epoch's score, once the warm-up is over.
    func record(_ score: Double?, epoch: Int, in plateau: inout ReduceOnPlateau?) {
        if (epoch - 1) * stepsPerEpoch >= warmUp.steps { plateau?.record(score) }
    }
}
