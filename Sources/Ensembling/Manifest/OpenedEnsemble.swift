import DurableFiles
import Foundation
import ModelZoo

/// An ensemble whose members' manifests were read and agree; no weights are loaded yet.
public struct OpenedEnsemble: Sendable {
    public struct Member: Sendable {
        /// The member's manifest.
        public var path: String
        public var manifest: MemberManifest
        public var sha256: SHA256Digest
        public var entry: EnsembleManifest.Member

        /// A short name for tables: the folder's.
        public var name: String {
            URL(fileURLWithPath: path).deletingLastPathComponent().lastPathComponent
        }

        /// Whether a file lies in the member's folder, as its weights do.
        public func owns(_ file: String) -> Bool {
            URL(fileURLWithPath: file).deletingLastPathComponent().standardizedFileURL
                == URL(fileURLWithPath: path).deletingLastPathComponent().standardizedFileURL
        }

        /// The member's own thresholds, one per class.
        public var thresholds: [Double] {
            [Double](
                repeating: manifest.output.threshold ?? 0.5,
                count: manifest.output.classes.count)
        }
    }

    public let path: String
    public let manifest: EnsembleManifest
    public let members: [Member]
    /// Why members were left out, where the caller allowed it.
    public let missing: [FloeError]

    init(
        path: String, manifest: EnsembleManifest, members: [Member], missing: [FloeError] = []
    ) throws {
        self.path = path
        self.manifest = manifest
        self.members = members
        self.missing = missing
        let problems = Self.disagreements(
            path: path, manifest: manifest, members: members, entries: members.map(\.entry))
        if let first = problems.first { throw first }
    }

    public var output: MemberManifest.Output { members[0].manifest.output }
    public var bands: [String] { members[0].manifest.input.bands.map(\.name) }
    /// The bands that a scene's files must hold; the members compute the others from them.
    public var fileBands: [String] { members[0].manifest.input.fileBands.map(\.name) }
    public var classes: Int { output.classes.count }

    /// Every file that makes up the ensemble, those of members that were left out as far as they are
    /// known: what must not be replaced by what the ensemble is asked for.
    public var files: [String] {
        let own = members.flatMap { member -> [String] in
            let folder = URL(fileURLWithPath: member.path).deletingLastPathComponent().path
            let beside = [member.manifest.weights.file, member.manifest.bag?.idsFile]
            return [member.path] + beside.compactMap { $0 }.map { folder + "/" + $0 }
        }
        return [path, OutOfBagRecord.path(of: path)] + own + missing.compactMap(\.file)
    }

    /// The same without the member whose failure an error tells of.
    ///
    /// - Parameter count: how many members may be missing in all.
    /// - Throws: the error itself where it is not a member's, or where too many would be missing.
    public func leavingOut(memberOf error: FloeError, allowing count: Int) throws -> OpenedEnsemble
    {
        guard missing.count < count, members.count > 1,
            let file = error.file,
            let index = members.firstIndex(where: { $0.path == file || $0.owns(file) })
        else { throw error }
        var rest = members
        rest.remove(at: index)
        return try OpenedEnsemble(
            path: path, manifest: manifest, members: rest, missing: missing + [error])
    }

    /// Rows of a comparison that are no member.
    private static let reservedNames: Set<String> = [
        ComparisonBuilder.ensembleName, ComparisonBuilder.meanName,
        ComparisonBuilder.unprocessedName,
    ]

    /// The members' names for tables, no two alike, and none that of a row of something else: members
    /// of several runs have folders of one name, and a folder may be called "ensemble".
    public var names: [String] {
        var names = members.map(\.name)
        if Set(names).count < names.count {
            names = members.map { member in
                let path = member.entry.path
                let suffix = "/" + MemberStore.manifestName
                return path.hasSuffix(suffix) ? String(path.dropLast(suffix.count)) : path
            }
        }
        var taken: Set<String> = []
        return names.map { name in
            let name = Self.reservedNames.contains(name) ? "\(name) (member)" : name
            var unique = name
            var number = 1
            while !taken.insert(unique).inserted {
                number += 1
                unique = "\(name) (\(number))"
            }
            return unique
        }
    }

    /// How the members' answers become one.
    public var rule: Combiner.Rule {
        // A posterior probability of STAPLE is no mean of what members have thresholds for.
        let thresholds =
            manifest.combine.method == .staple
            ? [Double](repeating: 0.5, count: classes) : members[0].thresholds
        return Combiner.Rule(
            method: manifest.combine.method, space: manifest.combine.space ?? .probability,
            isExclusive: output.activation == .softmax,
            thresholds: manifest.combine.thresholds ?? thresholds,
            temperature: manifest.combine.temperature ?? 1)
    }

    /// Weights by member and class, each class's sum being 1.
    public var weights: [[Double]] {
        let raw = members.map {
            $0.entry.weight?.values(classes: classes) ?? [Double](repeating: 1, count: classes)
        }
        let totals = (0..<classes).map { k in raw.reduce(0) { $0 + $1[k] } }
        return raw.map { zip($0, totals).map { $0 / $1 } }
    }

    /// All that keeps the members from being one ensemble; empty where nothing does.
    ///
    /// - Parameter entries: whose weights must add up: the members', or all of the manifest where
    ///   some could not be opened.
    static func disagreements(
        path: String, manifest: EnsembleManifest, members: [Member],
        entries: [EnsembleManifest.Member]
    ) -> [FloeError] {
        var problems = members.dropFirst().compactMap { Self.difference($0, from: members[0]) }
        guard let first = members.first else { return problems }
        let bands = first.manifest.input.bands.map(\.name)
        let output = first.manifest.output
        let classes = output.classes.count
        func refuse(_ what: String, _ expected: String, _ got: String?) {
            problems.append(
                FloeError(.badData, file: path, what, expected: expected, got: got))
        }
        if let stated = manifest.input?.bands, stated != bands {
            refuse(
                "key 'input.bands' does not say what the members take",
                bands.joined(separator: ","), stated.joined(separator: ","))
        }
        if let stated = manifest.output,
            stated.classes != output.classes || stated.activation != output.activation
        {
            refuse(
                "key 'output' does not say what the members give", Self.words(output),
                Self.words(.init(classes: stated.classes, activation: stated.activation)))
        }
        // In a vote every member decides by its own; a mean has to be read by one.
        let needsOne = manifest.combine.method == .softVoting && manifest.combine.thresholds == nil
        for member in members.dropFirst() where needsOne {
            guard let other = member.manifest.output.threshold, let own = output.threshold,
                other != own
            else { continue }
            problems.append(
                FloeError(
                    .badData, file: member.path, "a threshold other than that of '\(first.path)'",
                    expected: "\(own)", got: "\(other)",
                    advice: "set combine.thresholds in the ensemble's manifest"))
        }
        if let count = manifest.combine.thresholds?.count, count != classes {
            refuse("key 'combine.thresholds'", "\(classes) numbers", "\(count)")
        }
        if manifest.combine.thresholds != nil, output.activation == .softmax {
            refuse("key 'combine.thresholds'", "none for softmax", "some")
        }
        let names = output.classes.map(\.name)
        for steps in manifest.postprocessing?.classes ?? [] where !names.contains(steps.class) {
            refuse(
                "key 'postprocessing.classes'", names.joined(separator: " or "),
                "'\(steps.class)'")
        }
        var totals = [Double](repeating: 0, count: classes)
        for entry in entries {
            guard let values = (entry.weight ?? .member(1)).values(classes: classes) else {
                refuse(
                    "the weight of '\(entry.path)'",
                    "one number, or one for each of \(classes) classes", nil)
                // Of no class it is known what it adds.
                totals = [Double](repeating: 1, count: classes)
                continue
            }
            for k in 0..<classes { totals[k] += values[k] }
        }
        if manifest.combine.method == .staple, let entry = Self.weighted(entries) {
            refuse(
                "the weight of '\(entry.path)'",
                "none, or 0 to leave a member out: STAPLE weighs the members itself",
                entry.weight?.words)
        }
        for k in 0..<classes where !(totals[k] > 0 && totals[k].isFinite) {
            refuse(
                "the weights for class '\(output.classes[k].name)'",
                "a sum above 0", "\(totals[k])")
        }
        return problems
    }

    /// A member that counts more or less than the first one that counts.
    private static func weighted(
        _ entries: [EnsembleManifest.Member]
    ) -> EnsembleManifest.Member? {
        let counting = entries.filter { ($0.weight ?? .member(1)) != .member(0) }
        return counting.first { $0.weight ?? .member(1) != counting[0].weight ?? .member(1) }
            ?? counting.first { if case .perClass? = $0.weight { true } else { false } }
    }

    /// Members must take the same bands and give the same classes.
    private static func difference(_ other: Member, from first: Member) -> FloeError? {
        func refuse(_ what: String, _ expected: String, _ got: String) -> FloeError {
            FloeError(
                .badData, file: other.path, "\(what) other than those of '\(first.path)'",
                expected: expected, got: got, advice: "leave this member out")
        }
        let bands = first.manifest.input.bands.map(\.name)
        let otherBands = other.manifest.input.bands.map(\.name)
        guard otherBands == bands else {
            return refuse(
                "bands", bands.joined(separator: ","), otherBands.joined(separator: ","))
        }
        let computed = first.manifest.input.bands.map(\.computed)
        if let index = computed.indices.first(where: {
            other.manifest.input.bands[$0].computed != computed[$0]
        }) {
            return refuse(
                "a computed band '\(bands[index])'", Self.words(computed[index]),
                Self.words(other.manifest.input.bands[index].computed))
        }
        let names = first.manifest.output.classes.map(\.name)
        let otherNames = other.manifest.output.classes.map(\.name)
        guard otherNames == names else {
            return refuse(
                "classes", names.joined(separator: ","), otherNames.joined(separator: ","))
        }
        let (nodata, otherNodata) = (first.manifest.input.nodata, other.manifest.input.nodata)
        guard nodata == otherNodata else {
            return refuse(
                "a nodata value", nodata.map { "\($0)" } ?? "none",
                otherNodata.map { "\($0)" } ?? "none")
        }
        let (kind, otherKind) = (
            first.manifest.output.activation, other.manifest.output.activation
        )
        guard otherKind == kind else {
            return refuse("an output kind", kind.rawValue, otherKind.rawValue)
        }
        return nil
    }

    private static func words(_ computed: MemberManifest.Input.Band.Computed?) -> String {
        guard let computed else { return "a band of the files" }
        let option = computed.at.map { " \($0)" } ?? computed.subband.map { " \($0.rawValue)" }
        return "\(computed.filter.rawValue)\(option ?? "") of \(computed.from)"
    }

    private static func words(_ output: MemberManifest.Output) -> String {
        output.activation.rawValue + " "
            + output.classes.map { "\($0.name) \($0.color)" }.joined(separator: ", ")
    }
}
