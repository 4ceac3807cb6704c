import ArgumentParser
import DurableFiles
import Ensembling
import Foundation
import Reporting
import TensorCore

struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare members with their ensemble.",
        discussion: """
            Prints the table of every member, their mean and the ensemble, and writes report.html \
            (one page with all figures, for any browser), comparison.json (every number, unrounded), \
            the same as CSV in tables/, and overlays of predictions: yellow right, red wrong, green \
            missed.

            Example:

              floe compare ensemble.json --data ice --split test --out report
            """)

    @Argument(help: ArgumentHelp("The ensemble's manifest.", valueName: "ensemble.json"))
    var ensemble: String

    @Option(help: ArgumentHelp("What to compare on.", valueName: "recipe|dir"))
    var data: String

    @Option(help: "Which part of it.")
    var split = SplitName.test

    @Option(help: ArgumentHelp("Folder to write.", valueName: "report"))
    var out: String

    @Option(
        help: ArgumentHelp("Overlays at most; 0 draws none in the page either.", valueName: "n"))
    var pictures = 12

    @Flag(help: "Direct convolution only, no Winograd.")
    var exact = false

    @OptionGroup var testTime: TestTimeOption
    @OptionGroup var members: MissingMembersOption
    @OptionGroup var compute: ThreadsOption
    @OptionGroup var output: OutputOptions

    func run() throws {
        try compute.apply()
        var opened = try members.open(try NamedScene.manifest(of: ensemble))
        let named = try NamedData(data)
        try members.retrying(&opened) { try compare($0, named) }
    }

    private func compare(_ opened: OpenedEnsemble, _ named: NamedData) throws {
        let samples = try split.samples(of: named.dataset)
        let comparer = try Comparer(
            opened, dataset: named.dataset, evaluation: named.evaluation,
            backend: OneDNNBackend(exact ? .exact : .byShape), testTime: testTime.value)
        let report = try ReportFolder(
            out, of: opened, dataset: named.dataset, pictures: pictures)
        let printer = CountPrinter(output, unit: "images", total: samples.count)
        var done = 0
        let validation = split == .validation ? [] : try named.dataset.split().validation
        let comparison = try comparer.compare(
            samples, split: split.rawValue, validation: validation
        ) { shown in
            try report.add(shown)
            done += 1
            printer.update(done)
        }
        printer.finish()
        try report.write(comparison, fingerprint: try named.dataset.fingerprint())
        try Console.print(comparison.text)
        if output.style != .json {
            Console.note(
                "written to \(out): \(ReportFolder.page), comparison.json, "
                    + ReportFolder.tables + (pictures > 0 ? ", overlays" : ""))
        }
    }
}
