import ArgumentParser
import DurableFiles
import Ensembling
import Foundation
import ModelZoo
import Reporting
import Training

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Draw a run or an ensemble as one HTML page.",
        discussion: """
            The page holds the learning curves of every member, their bags and, of an ensemble that \
            was built with data, the out-of-bag score by image, class and number of members. It is \
            one file that needs no network. Scores on a test split come from floe compare, which \
            writes a page of its own.

            Example:

              floe report runs/ice --out ice.html
            """)

    @Argument(help: ArgumentHelp("A run's folder or an ensemble.", valueName: "run|ensemble.json"))
    var source: String

    @Option(help: ArgumentHelp("The page to write.", valueName: "file.html"))
    var out: String

    func run() throws {
        guard FileManager.default.fileExists(atPath: source) else {
            throw FloeError(.notFound, file: source, "no such run or ensemble")
        }
        try PageFile.refuseForeign(out)
        let isRun = FileManager.default.fileExists(atPath: source + "/recipe.yaml")
        let report = try isRun ? Self.report(ofRun: source) : Self.report(ofEnsemble: source)
        let folder = URL(fileURLWithPath: out).deletingLastPathComponent().path
        try DurableFile.createFolder(folder)
        try DurableFile.write(Data(report.page.source.utf8), to: out)
        try Console.print(out)
    }

    private static func report(ofRun path: String) throws -> MembersReport {
        let run = try RunFolder.existing(path)
        let count = run.recipe.bagging.members
        let finished = (0..<count).filter(run.isFinished)
        guard !finished.isEmpty else {
            throw FloeError(
                .badData, file: path, "no member of the run is finished",
                advice: "run the same floe train command again")
        }
        let members = try finished.map { member in
            let file = run.memberFolder(member) + "/" + MemberStore.manifestName
            return ReportedMember(
                name: run.memberName(member), manifest: try MemberStore.openManifest(file),
                path: file)
        }
        let recipe = try DurableFile.read(path + "/recipe.yaml", limit: 16 << 20)
        return MembersReport(
            title: run.recipe.name,
            subtitle: finished.count == count
                ? "A run of \(EventText.plural(count, "member"))"
                : "\(finished.count) of \(count) members of a run are finished",
            members: members, recipe: String(decoding: recipe, as: UTF8.self),
            provenance: [("software", Software.nameAndVersion)])
    }

    private static func report(ofEnsemble path: String) throws -> MembersReport {
        let ensemble = try EnsembleStore.open(path)
        return MembersReport(
            title: ensemble.manifest.name ?? URL(fileURLWithPath: path).lastPathComponent,
            subtitle: "An ensemble: " + EnsembleText.summary(ensemble),
            members: ReportedMember.all(of: ensemble),
            outOfBag: try OutOfBagRecord.beside(ensemble),
            provenance: [("software", Software.nameAndVersion)]
                + ReportedMember.provenance(of: ensemble))
    }
}
