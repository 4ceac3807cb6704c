import Training

/// Training events as lines for people; one per epoch, none per step.
enum EventText {
    static func line(_ event: TrainingEvent) -> String? {
        switch event {
        case .runStarted(let members, let threads):
            "\(plural(members, "member")), \(plural(threads, "thread")) each"
        case .memberSkipped(let member): "member \(member) is finished, skipped"
        case .memberStarted(let member, let epochs, let steps, let images):
            "member \(member): \(plural(epochs, "epoch")) of \(plural(steps, "step")), "
                + "\(plural(images, "image")) in its bag"
        case .memberResumed(let member, let epoch, let step):
            "member \(member) goes on in epoch \(epoch) after step \(step)"
        case .epochDone(let member, let record, let epochs): epoch(member, record, of: epochs)
        case .memberDone(let member, let bestEpoch, let epochs, let seconds):
            "member \(member) done: best epoch \(bestEpoch) of \(epochs), "
                + Figures.duration(seconds)
        case .memberFailed(let member, let error):
            Style.warning("warning:") + " member \(member): \(error)"
        case .warning(let text): Style.warning("warning:") + " \(text)"
        case .runDone(let finished, let members, let seconds):
            "\(finished) of \(plural(members, "member")) in \(Figures.duration(seconds))"
        case .stepDone, .checkpointSaved: nil
        }
    }

    private static func epoch(_ member: Int, _ record: EpochRecord, of epochs: Int) -> String {
        var parts = [
            "member \(member) epoch \(record.epoch)/\(epochs)",
            "loss \(Figures.fixed(record.trainingLoss, 4))",
        ]
        if let loss = record.validationLoss {
            parts.append("validation \(Figures.fixed(loss, 4))")
        }
        if record.hasScores {
            parts.append("dice \(Figures.score(record.validationDice))")
            parts.append("iou \(Figures.score(record.validationIoU))")
        }
        if let weights = record.lossWeights {
            parts.append(
                "loss weights " + weights.map { Figures.fixed($0, 3) }.joined(separator: " "))
        }
        parts.append(Figures.duration(record.seconds))
        if record.isBest, record.hasScores { parts.append("best so far") }
        return parts.joined(separator: "  ")
    }

    static func plural(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
}
