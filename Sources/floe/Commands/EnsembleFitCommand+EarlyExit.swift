import DurableFiles
import Ensembling
import Reporting
import TensorCore

extension EnsembleFitCommand {
    /// Fits when members may be left out, and writes the ensemble with it.
    ///
    /// - Throws: `FloeError` of kind `usage` for another split than validation.
    func fitEarlyExit(_ fitter: EnsembleFitter) throws {
        guard split == nil || split == PostProcessingFit.Split.validation.rawValue else {
            throw FloeError(
                .usage, "--split with --early-exit", expected: "validation", got: split ?? "",
                advice: "out of bag an image has a third of the members, in no common order")
        }
        try noteUnknown(fitter)
        let printer = CountPrinter(output, unit: "images")
        let fitted = try fitter.fitEarlyExit { done, _ in printer.update(done) }
        printer.finish()
        let written = try fitter.write(fitted, to: out, keepsScores: true)
        if let fit = written.manifest.earlyExit { try Console.print(fit.text) }
        try Console.print("\(out): " + EnsembleText.summary(written))
    }
}
