import DurableFiles
import ModelZoo
import Reporting

/// One member or encoder as `zoo list` and `zoo verify` show it.
struct ZooRow: Encodable {
    let name: String
    let path: String
    let model: String?
    let bands: [String]?
    let classes: [String]?
    let parameters: Int?
    let bytes: Int?
    let sha256: String?
    let validation: [String: Double]?
    let outOfBag: [String: Double]?
    /// What is wrong; absent where all is well.
    let problem: String?

    init(_ entry: ZooListing.Entry) {
        name = entry.name
        path = entry.path
        let manifest = entry.manifest
        model = manifest?.architecture.name ?? entry.encoder.map { "encoder \($0.name)" }
        bands =
            manifest?.input.bands.map(\.name)
            ?? entry.encoder.map { encoder in
                encoder.input == nil
                    ? (0..<encoder.configuration.bands).map(String.init) : ["r", "g", "b"]
            }
        classes = manifest?.output.classes.map(\.name) ?? entry.encoder.map { _ in [] }
        let weights = manifest?.weights ?? entry.encoder?.weights
        parameters = weights?.parameterCount
        bytes = weights?.bytes
        sha256 = weights?.sha256.hex
        validation = manifest?.scores.validation?.values
        outOfBag = manifest?.scores.outOfBag?.values
        problem = entry.problem?.description
    }

    /// A line of `zoo verify`.
    var verdict: String {
        guard let problem else { return "\(Style.good("ok")) \(name)" }
        return "\(Style.bad("FAILED")) \(name): \(problem)"
    }

    static func table(_ rows: [ZooRow]) -> [String] {
        var table = TextTable([
            ("member", .left), ("model", .left), ("bands", .left), ("classes", .left),
            ("parameters", .right), ("validation dice", .right), ("weights", .left),
            ("state", .left),
        ])
        for row in rows {
            table.add([
                row.name, row.model ?? "?", row.bands.map(Self.names) ?? "?",
                row.classes.map(Self.names) ?? "?", row.parameters.map(Figures.count) ?? "?",
                Figures.score(row.validation?["dice"]),
                row.sha256.map { "\($0.prefix(12))" } ?? "?",
                row.problem == nil ? "ok" : "damaged",
            ])
        }
        return table.lines + rows.compactMap { row in row.problem.map { "\(row.name): \($0)" } }
    }

    /// Throws where any member is not in order, for the exit code.
    static func refuseProblems(_ rows: [ZooRow], in folder: String) throws {
        let bad = rows.filter { $0.problem != nil }.count
        guard bad == 0 else {
            throw FloeError(
                .badData, file: folder, "\(bad) of \(rows.count) not in order",
                advice: "copy them again, or make them again")
        }
    }

    /// Few names as they are, many as their number.
    private static func names(_ names: [String]) -> String {
        let joined = names.joined(separator: ",")
        return joined.count <= 24 ? joined : "\(names.count)"
    }
}
