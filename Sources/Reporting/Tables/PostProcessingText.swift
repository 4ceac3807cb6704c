import Ensembling

extension PostProcessingFit {
    /// What was found and gained, a line a class, for the terminal.
    public var text: String {
        var table = TextTable([
            ("", .left), ("threshold", .right), ("from pixels", .right),
            ("\(metric.rawValue) before", .right), ("after", .right),
        ])
        for fit in classes {
            table.add([
                fit.class, decimal(fit.threshold, 2), "\(fit.minimumSize)", decimal(fit.before, 4),
                decimal(fit.after, 4),
            ])
        }
        return [
            "Fitted on \(images) \(split.rawValue) images of \(data); absent classes: "
                + absentClasses.rawValue,
            table.text,
            "all classes: \(metric.rawValue) \(decimal(before, 4)) to \(decimal(after, 4))"
                + (isOptimistic == true
                    ? "; both too good, since the members' epochs were chosen on these images"
                    : ""),
        ].joined(separator: "\n")
    }
}
