import Training

/// Where a training run is, as its events tell: what a bar shows.
struct TrainingState {
    private struct Member {
        var epochs: Int
        var steps: Int
        var epoch = 1
        var step = 0
        var loss: Double?

        /// Share of the member's steps that are done.
        var share: Double {
            guard epochs > 0, steps > 0 else { return 0 }
            return (Double(epoch - 1) + Double(step) / Double(steps)) / Double(epochs)
        }
    }

    private var members = 0
    private var finished = 0
    private var active: [Int: Member] = [:]
    /// Members resume before they start to tell: where they then are.
    private var resumed: [Int: (epoch: Int, step: Int)] = [:]
    private var start = ContinuousClock.now
    /// What was done before this session, in members.
    private var before = 0.0

    mutating func take(_ event: TrainingEvent) {
        switch event {
        case .runStarted(let members, _):
            self = TrainingState()
            self.members = members
        case .memberSkipped:
            finished += 1
            before += 1
        case .memberResumed(let member, let epoch, let step): resumed[member] = (epoch, step)
        case .memberStarted(let member, let epochs, let steps, _):
            var state = Member(epochs: epochs, steps: steps)
            if let place = resumed.removeValue(forKey: member) {
                (state.epoch, state.step) = place
                before += state.share
            }
            active[member] = state
        case .stepDone(let member, let epoch, let step, _, let loss):
            active[member]?.epoch = epoch
            active[member]?.step = step
            active[member]?.loss = loss
        case .epochDone(let member, let record, _):
            active[member]?.epoch = record.epoch + 1
            active[member]?.step = 0
        case .memberDone(let member, _, _, _):
            active[member] = nil
            finished += 1
        case .memberFailed(let member, _): active[member] = nil
        case .checkpointSaved, .warning, .runDone: break
        }
    }

    /// One line that fits, or nil while nothing is trained.
    ///
    /// - Parameter now: what the clock says.
    func barText(columns: Int, now: ContinuousClock.Instant = .now) -> String? {
        guard let first = active.keys.min(), let member = active[first] else { return nil }
        let done = Double(finished) + active.values.reduce(0) { $0 + $1.share }
        let share = members > 0 ? min(1, done / Double(members)) : 0
        let others = active.keys.sorted().map(String.init).joined(separator: ",")
        var parts = ["member \(others)"]
        if active.count == 1 {
            let epoch = min(member.epoch, member.epochs)
            parts.append("epoch \(epoch)/\(member.epochs)  step \(member.step)/\(member.steps)")
            if let loss = member.loss { parts.append("loss \(Figures.fixed(loss, 4))") }
        }
        parts.append("\(finished)/\(members) done")
        if let left = secondsLeft(done: done, now: now) {
            parts.append("\(Figures.duration(left)) left")
        }
        let text = parts.joined(separator: "  ")
        // Brackets, a space and the last column, which some terminals wrap at.
        let room = columns - text.count - 4
        guard room >= 8 else { return String(text.prefix(max(0, columns - 1))) }
        let width = min(room, 30)
        let filled = Int((share * Double(width)).rounded(.down))
        return "[" + String(repeating: "#", count: filled)
            + String(repeating: ".", count: width - filled) + "] " + text
    }

    /// What is left at the speed of this session; nil while that is guesswork.
    private func secondsLeft(done: Double, now: ContinuousClock.Instant) -> Double? {
        let elapsed = (now - start) / .seconds(1)
        let gained = done - before
        guard elapsed > 3, gained > 0.001 else { return nil }
        return elapsed * (Double(members) - done) / gained
    }
}
