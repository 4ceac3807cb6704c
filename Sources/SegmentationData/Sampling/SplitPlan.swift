import DurableFiles
import TensorCore

/// Which samples train, validate and test, as indexes into a data set in its own order.
public struct SplitPlan: Sendable, Hashable, Codable {
    public var train: [Int]
    public var validation: [Int]
    public var test: [Int]
    /// Samples that no part of the split names.
    public var unused: [Int]

    /// What the splitter has to know of one sample.
    struct Entry: Sendable {
        var id: String
        var group: String
        var folder: String?
        /// The rows and columns of a patch.
        var rows: Range<Int>?
        var columns: Range<Int>?
    }

    private enum PartName: Int, CaseIterable {
        case train, validation, test
        var key: String { "data.split.\(self)" }
    }

    /// Divides samples as a description says.
    ///
    /// Groups stay together, except under regions, which cut one photo. Folders, patterns and
    /// regions are settled first (a sample that validation or test names does not train); numbers
    /// and fractions then divide the remaining groups, in a seeded order of their sorted names.
    init(_ entries: [Entry], _ description: SplitDescription, usesFolders: Bool) throws {
        let parts = [description.train, description.validation, description.test]
        var assigned = [PartName?](repeating: nil, count: entries.count)
        if usesFolders {
            let folders = [("train", 0), ("val", 1), ("test", 2)].map { standard, index in
                if case .patterns(let names)? = parts[index] { return names.first ?? standard }
                return standard
            }
            for (index, entry) in entries.enumerated() {
                assigned[index] = folders.firstIndex { $0 == entry.folder }
                    .flatMap(PartName.init(rawValue:))
            }
        } else {
            for name in [PartName.test, .validation, .train] {
                try Self.assign(name, parts[name.rawValue], entries, &assigned)
            }
            try Self.draw(parts, description.seed, entries, &assigned)
        }
        func indexes(_ name: PartName?) -> [Int] {
            assigned.indices.filter { assigned[$0] == name }
        }
        train = indexes(.train)
        validation = indexes(.validation)
        test = indexes(.test)
        unused = indexes(nil)
        for (name, part) in zip(PartName.allCases, parts) {
            let isWanted: Bool =
                switch part {
                case nil, .count(0)?: false
                case .fraction?: false
                default: true
                }
            if isWanted && !usesFolders && indexes(name).isEmpty {
                throw FloeError(
                    .usage, "\(name.key) names no sample",
                    expected: "at least one of \(entries.count)")
            }
        }
    }

    /// Patterns and regions.
    private static func assign(
        _ name: PartName, _ part: SplitDescription.Part?, _ entries: [Entry],
        _ assigned: inout [PartName?]
    ) throws {
        let belongs: (Entry) -> Bool
        switch part {
        case .patterns(let texts)?:
            let matchers = try texts.map { try matcher($0, key: name.key) }
            belongs = { entry in matchers.contains { $0(entry.id) || $0(entry.group) } }
        case .region(let region)?:
            guard entries.allSatisfy({ $0.rows != nil }) else {
                throw FloeError(
                    .usage, "\(name.key) is a region, but the samples are whole images",
                    expected: "data.patch: [height, width]")
            }
            belongs = { entry in
                [(region.rows, entry.rows), (region.columns, entry.columns)].allSatisfy {
                    bounds, range in
                    guard let bounds, let range else { return true }
                    return range.lowerBound >= bounds[0] && range.upperBound <= bounds[1]
                }
            }
        default: return
        }
        for (index, entry) in entries.enumerated() where belongs(entry) {
            switch (assigned[index], name) {
            case (nil, _): assigned[index] = name
            case (_, .train): break
            case (let other?, _):
                throw FloeError(
                    .usage, "'\(entry.id)' is named by \(name.key) and by \(other.key)",
                    expected: "one part a sample")
            }
        }
    }

    /// What tells whether an id or group matches a pattern of a recipe.
    static func matcher(_ text: String, key: String) throws -> (String) -> Bool {
        if text.count > 2, text.hasPrefix("/"), text.hasSuffix("/") {
            let pattern = try SegmentationDataset.compiled(
                String(text.dropFirst().dropLast()), key: key)
            return { $0.firstMatch(of: pattern) != nil }
        }
        let pattern = WildcardPattern(text)
        return { pattern.matches($0) }
    }

    /// Numbers and fractions of the groups that are left.
    private static func draw(
        _ parts: [SplitDescription.Part?], _ seed: UInt64, _ entries: [Entry],
        _ assigned: inout [PartName?]
    ) throws {
        let taken = Set(entries.indices.filter { assigned[$0] != nil }.map { entries[$0].group })
        var groups = Set(entries.map(\.group)).subtracting(taken).sorted {
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
        let sizes = try counts(parts, available: groups.count)
        var stream = RandomStream(seed: seed, purpose: .split)
        stream.shuffle(&groups)
        var part: [String: PartName] = [:]
        var next = 0
        for name in PartName.allCases {
            for group in groups[next..<(next + sizes[name.rawValue])] { part[group] = name }
            next += sizes[name.rawValue]
        }
        for (index, entry) in entries.enumerated() where assigned[index] == nil {
            assigned[index] = part[entry.group]
        }
    }

    /// How many groups each part draws: counts as they are, fractions by largest remainder.
    private static func counts(
        _ parts: [SplitDescription.Part?], available: Int
    ) throws -> [Int] {
        var sizes = [0, 0, 0]
        var shares = [0.0, 0.0, 0.0]
        for (index, part) in parts.enumerated() {
            switch part {
            case .count(let count)?:
                guard count <= available else {
                    throw FloeError(
                        .usage, "data.split asks for more groups than there are",
                        expected: "at most \(available)", got: "\(count)")
                }
                sizes[index] = count
            case .fraction(let fraction)?: shares[index] = fraction * Double(available)
            default: break
            }
        }
        let total = shares.reduce(0, +)
        let drawn = Int(total.rounded())
        guard sizes.reduce(0, +) + drawn <= available, total <= Double(available) + 1e-6 else {
            throw FloeError(
                .usage, "data.split asks for more groups than there are",
                expected: "at most \(available)", got: "\(sizes.reduce(0, +) + drawn)")
        }
        var given = 0
        for index in 0..<3 where shares[index] > 0 {
            let whole = Int(shares[index] + 1e-9)
            sizes[index] += whole
            given += whole
            shares[index] -= Double(whole)
        }
        let order = (0..<3).filter { shares[$0] > 1e-9 }.sorted {
            shares[$0] != shares[$1] ? shares[$0] > shares[$1] : $0 < $1
        }
        for index in order.prefix(max(0, drawn - given)) { sizes[index] += 1 }
        return sizes
    }
}
