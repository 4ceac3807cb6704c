import DurableFiles
import TensorCore

/// Turns stored masks into targets by the rules of a data set's description.
struct MaskDecoder: Sendable {
    /// What one stored value means.
    enum Meaning: Sendable, Hashable {
        case classIndex(Int)
        case background
        case ignore
    }

    enum Rule: Sendable {
        case threshold(Int, below: Meaning, above: Meaning)
        case values([Int: Meaning], unknownAdvice: String)
        case colors([ClassColor: Meaning])
        /// The meaning of every label of a table of shapes, and of what no shape covers.
        case shapes([Meaning], outside: Meaning)
    }

    /// The rule of one mask file and the planes that it fills.
    struct Source: Sendable {
        var rule: Rule
        var band: Int?
        /// The classes whose planes this file speaks for.
        var classes: [Int]
    }

    let kind: OutputKind
    let classCount: Int
    let sources: [Source]
    /// Whether a mask can hold ignored pixels.
    let canIgnore: Bool

    init(_ description: DatasetDescription) throws {
        kind = description.kind
        classCount = description.classes.count
        let names = description.classes.map(\.name)
        guard description.masks.count <= 1 || kind == .sigmoid else {
            throw FloeError(
                .usage, "data.masks has \(description.masks.count) files a sample",
                expected: "one for kind softmax", advice: "use kind: sigmoid or one index mask")
        }
        sources = try description.masks.map { try Self.source($0, names, description) }
        let ignoresCrowds = description.masks.contains { $0.crowd == .ignore }
        canIgnore =
            ignoresCrowds
            || sources.contains { source in
                switch source.rule {
                case .threshold: false
                case .values(let table, _): table.values.contains(.ignore)
                case .colors(let table): table.values.contains(.ignore)
                case .shapes(let meanings, let outside):
                    meanings.contains(.ignore) || outside == .ignore
                }
            }
    }

    private static func source(
        _ mask: MaskSource, _ names: [String], _ description: DatasetDescription
    ) throws -> Source {
        let own = try mask.className.map { try index(of: $0, names, "data.masks.class") }
        let planes = own.map { [$0] } ?? Array(names.indices)
        func meaning(_ text: String) throws -> Meaning {
            if let index = names.firstIndex(of: text) { return .classIndex(index) }
            switch text {
            case "ignore": return .ignore
            case "background" where description.kind == .sigmoid: return .background
            default: return .classIndex(try index(of: text, names, "data.masks"))
            }
        }
        let rule: Rule
        if mask.isShapes {
            let labels = mask.labelNames(description)
            guard mask.geojson.isEmpty || mask.property != nil || labels.count == 1 else {
                throw FloeError(
                    .usage, "data.masks.geojson with \(labels.count) classes",
                    expected: "data.masks.property",
                    advice: "name the property of features that holds their class")
            }
            rule = .shapes(
                try labels.map { try meaning(mask.labels?[$0] ?? $0) },
                outside: try outside(mask, names, description.kind))
        } else if let threshold = mask.threshold {
            if description.kind == .softmax {
                guard names.count == 2, own == nil else {
                    throw FloeError(
                        .usage, "data.masks.threshold with kind softmax",
                        expected: "two classes, the first below", got: "\(names.count)",
                        advice: "use kind: sigmoid or a table of values")
                }
                rule = .threshold(threshold, below: .classIndex(0), above: .classIndex(1))
            } else {
                guard own != nil || names.count == 1 else {
                    throw FloeError(
                        .usage, "data.masks.threshold with \(names.count) classes",
                        expected: "the class that this mask marks", advice: "add class: NAME")
                }
                rule = .threshold(threshold, below: .background, above: .classIndex(own ?? 0))
            }
        } else if let values = mask.values {
            rule = .values(
                try values.mapValues(meaning),
                unknownAdvice: "add it to data.masks.values (a class, ignore or background)")
        } else if let colors = mask.colors {
            rule = .colors(try colors.mapValues(meaning))
        } else if description.kind == .softmax {
            var table: [Int: Meaning] = [Int(LabelMap.ignore): .ignore]
            for index in names.indices { table[index] = .classIndex(index) }
            rule = .values(table, unknownAdvice: "say what it means in data.masks.values")
        } else {
            guard own != nil || names.count == 1 else {
                throw FloeError(
                    .usage, "a mask of \(names.count) classes that may overlap",
                    expected: "data.masks.values, or one mask file a class with class: NAME")
            }
            rule = .values(
                [0: .background, 1: .classIndex(own ?? 0)],
                unknownAdvice: "say what it means: data.masks.threshold: 128, or values")
        }
        return Source(rule: rule, band: mask.band, classes: planes)
    }

    static func index(of name: String, _ names: [String], _ key: String) throws -> Int {
        if let index = names.firstIndex(of: name) { return index }
        let near = UnknownKeys.nearest(to: name, among: names)
        throw FloeError(
            .usage, "\(key) names the class '\(name)'",
            expected: "one of \(names.joined(separator: ", "))",
            advice: near.map { "did you mean '\($0)'?" })
    }

    /// The target that the mask files of one sample make, at the masks' own size.
    func target(paths: [StoredPart], budget: ImageBudget) throws -> SegmentationTarget {
        var result: SegmentationTarget?
        for (source, part) in zip(sources, paths) {
            let header = try part.header(budget: budget)
            if let size = result.map({ ($0.height, $0.width) }),
                size != (header.height, header.width)
            {
                throw FloeError(
                    .badData, file: part.name, "a mask of another size than this sample's first",
                    expected: "\(size.0)x\(size.1)", got: "\(header.height)x\(header.width)")
            }
            if case .shapes = source.rule {
                result = try paint(part, source, over: result, budget: budget)
            } else {
                result = merge(result, try decode(source, part, budget: budget), source)
            }
        }
        guard let result else { preconditionFailure("a data set without masks has no targets") }
        return result
    }

    /// A mask whose bytes are class indexes, or one of the two marks below.
    private static let backgroundMark: UInt8 = 254

    func byte(_ meaning: Meaning) -> UInt8 {
        switch meaning {
        case .classIndex(let index): UInt8(index)
        case .background: Self.backgroundMark
        case .ignore: LabelMap.ignore
        }
    }

    private func merge(
        _ earlier: SegmentationTarget?, _ meanings: LabelMap, _ source: Source
    ) -> SegmentationTarget {
        if kind == .softmax { return .labels(meanings) }
        var planes: ClassPlanes
        if case .planes(let before)? = earlier {
            planes = before
        } else {
            planes = ClassPlanes(
                classes: classCount, height: meanings.height, width: meanings.width)
        }
        let count = meanings.labels.count
        for index in source.classes {
            for pixel in 0..<count {
                let meaning = meanings.labels[pixel]
                if meaning == LabelMap.ignore {
                    planes.values[index * count + pixel] = LabelMap.ignore
                } else if Int(meaning) == index {
                    // What an earlier mask ignores stays ignored, as in the other order.
                    planes.values[index * count + pixel] |= 1
                }
            }
        }
        return .planes(planes)
    }

    private func decode(
        _ source: Source, _ part: StoredPart, budget: ImageBudget
    ) throws -> LabelMap {
        if case .colors(let table) = source.rule {
            return try decodeColors(table, part, budget: budget)
        }
        let mask = try part.mask(band: source.band, budget: budget)
        let count = mask.height * mask.width
        var labels = [UInt8](repeating: 0, count: count)
        switch source.rule {
        case .threshold(let threshold, let below, let above):
            let (low, high) = (byte(below), byte(above))
            mask.values.withUnsafeBufferPointer { values in
                for pixel in 0..<count {
                    labels[pixel] = Int(values[pixel]) >= threshold ? high : low
                }
            }
        case .values(let table, let advice):
            try apply(table, to: mask.values, &labels, part.name, advice)
        case .colors, .shapes: break
        }
        return LabelMap(height: mask.height, width: mask.width, labels: labels)
    }

    private func apply(
        _ table: [Int: Meaning], to values: [UInt16], _ labels: inout [UInt8],
        _ path: String, _ advice: String
    ) throws {
        // 16-bit values index a table directly; 253 marks what has no meaning.
        let unknown: UInt8 = 253
        var lookup = [UInt8](repeating: unknown, count: 65536)
        for (value, meaning) in table { lookup[value] = byte(meaning) }
        var wrong = UnknownValues<Int>()
        for (pixel, value) in values.enumerated() {
            let label = lookup[Int(value)]
            labels[pixel] = label
            if label == unknown { wrong.add(Int(value)) }
        }
        guard !wrong.isEmpty else { return }
        throw FloeError(
            .badData, file: path, wrong.sentence("unknown mask values"),
            expected: "one of \(table.keys.sorted().map(String.init).joined(separator: ", "))",
            got: wrong.list { "\($0)" }, advice: advice)
    }

    private func decodeColors(
        _ table: [ClassColor: Meaning], _ part: StoredPart, budget: ImageBudget
    ) throws -> LabelMap {
        let path = part.name
        let raster = try part.raster(budget: budget)
        guard raster.bands >= 3, case .unsigned8(let values) = raster.storage else {
            throw FloeError(
                .badData, file: path, "not a colour mask", expected: "3 bands of 8 bits",
                got: "\(raster.bands)", advice: "use data.masks.values instead of colors")
        }
        let count = raster.height * raster.width
        var labels = [UInt8](repeating: 0, count: count)
        var wrong = UnknownValues<UInt32>()
        var lookup: [UInt32: UInt8] = [:]
        for (color, meaning) in table { lookup[Self.key(color)] = byte(meaning) }
        var last: (key: UInt32, label: UInt8)?
        for pixel in 0..<count {
            let key =
                UInt32(values[pixel]) << 16 | UInt32(values[count + pixel]) << 8
                | UInt32(values[2 * count + pixel])
            if let last, last.key == key {
                labels[pixel] = last.label
            } else if let label = lookup[key] {
                labels[pixel] = label
                last = (key, label)
            } else {
                wrong.add(key)
            }
        }
        guard !wrong.isEmpty else {
            return LabelMap(height: raster.height, width: raster.width, labels: labels)
        }
        throw FloeError(
            .badData, file: path, wrong.sentence("colours that are not in the table"),
            expected: "one of "
                + table.keys.map(Self.key).sorted().map(Self.name).joined(separator: " or "),
            got: wrong.list(Self.name),
            advice: "add them to data.masks.colors (a class, ignore or background)")
    }

    private static func name(_ key: UInt32) -> String {
        "\(key >> 16),\(key >> 8 & 255),\(key & 255)"
    }

    private static func key(_ color: ClassColor) -> UInt32 {
        UInt32(color.red) << 16 | UInt32(color.green) << 8 | UInt32(color.blue)
    }
}
