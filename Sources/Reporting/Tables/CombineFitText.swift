import Ensembling

extension CombineFit {
    /// What was found and gained, in one line, for the terminal.
    public var text: String {
        let gain = "\(score.rawValue) \(decimal(before, 4)) to \(decimal(after, 4))"
        let found: String
        switch part {
        case .selection:
            found = "Members: \(picks ?? 0) picks, \(leftOut?.count ?? 0) left out; " + gain
        case .weights: found = "Weights: " + gain
        case .order:
            found =
                "Order: \(score.rawValue) of the first member, the first two and so on "
                + (prefixes.map { $0.map { decimal($0, 4) }.joined(separator: ", ") } ?? "n/a")
        case .temperature: found = "Temperature: " + gain
        }
        return found + " on \(pixels) pixels of \(images) \(split.rawValue) images of \(data)"
            + (isOptimistic == true
                ? "; too good, since the members' epochs were chosen on these images" : "")
    }
}

extension FitGain {
    /// In one line, for the terminal.
    public var text: String {
        let difference = after - before
        var text =
            "On the split \(split) of \(data), \(images) images: dice \(decimal(before, 4)) to "
            + "\(decimal(after, 4)), \(difference >= 0 ? "+" : "")\(decimal(difference, 4))"
        if let lower, let upper {
            text += ", 95 % interval \(decimal(lower, 4)) to \(decimal(upper, 4))"
        }
        if isOptimistic {
            text += "; too good, since the members' epochs were chosen on these images"
        }
        return text
    }
}
