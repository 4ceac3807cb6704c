import DurableFiles
import TensorCore

extension MaskDecoder {
    /// Stands for pixels that no shape has covered yet; no class has this number.
    private static let bare: UInt8 = 254

    /// What pixels outside of all shapes are where each pixel has exactly one class.
    static func outside(
        _ mask: MaskSource, _ names: [String], _ kind: OutputKind
    ) throws -> Meaning {
        guard kind == .softmax else {
            guard mask.outside == nil else {
                throw FloeError(
                    .usage, "data.masks.outside with kind sigmoid",
                    advice: "remove it: what no shape covers is no class")
            }
            return .background
        }
        switch mask.outside {
        case "ignore"?: return .ignore
        case let name?: return .classIndex(try index(of: name, names, "data.masks.outside"))
        case nil:
            guard let index = names.firstIndex(of: "background") else {
                throw FloeError(
                    .usage, "shapes as masks with kind softmax", expected: "data.masks.outside",
                    advice: "name the class of pixels that no shape covers, or ignore")
            }
            return .classIndex(index)
        }
    }

    /// The target that the shapes of one image make, over that of earlier mask sources.
    func paint(
        _ part: StoredPart, _ source: Source, over earlier: SegmentationTarget?,
        budget: ImageBudget
    ) throws -> SegmentationTarget {
        guard case .shapes(let table, let image, _) = part.place,
            case .shapes(let meanings, let outside) = source.rule
        else { preconditionFailure("no shapes in \(part.path)") }
        let header = try part.header(budget: budget)
        let (height, width) = (header.height, header.width)
        let count = height * width
        let planesNeeded = kind == .softmax ? 1 : classCount
        let (bytes, overflow) = count.multipliedReportingOverflow(by: planesNeeded)
        guard !overflow, bytes <= budget.bytes else {
            throw FloeError(
                .badData, file: part.name, "masks that are too large",
                expected: "at most \(budget.bytes) bytes", got: "\(count) pixels of each class")
        }
        if kind == .softmax {
            var labels = [UInt8](repeating: Self.bare, count: count)
            try table.spans(image: image, height: height, width: width) { shape, span in
                let mark = shape.isVague ? LabelMap.ignore : byte(meanings[shape.label])
                try Self.cover(&labels, span, mark, table.refusesOverlap ? part.name : nil)
            }
            let rest = byte(outside)
            for pixel in labels.indices where labels[pixel] == Self.bare { labels[pixel] = rest }
            return .labels(LabelMap(height: height, width: width, labels: labels))
        }
        // Classes do not cover one another here, so the order of shapes must not matter: 0, 1 and 255
        // unite by their bits, and where one shape says that nothing is known, no other makes it known.
        var planes = ClassPlanes(classes: classCount, height: height, width: width)
        try table.spans(image: image, height: height, width: width) { shape, span in
            switch meanings[shape.label] {
            case .classIndex(let index):
                let value = shape.isVague ? LabelMap.ignore : 1
                Self.change(&planes.values, index * count, span) { $0 |= value }
            case .ignore:
                for index in source.classes {
                    Self.change(&planes.values, index * count, span) { $0 = LabelMap.ignore }
                }
            case .background: break
            }
        }
        if case .planes(let before)? = earlier { planes.unite(with: before) }
        return .planes(planes)
    }

    @inline(__always)
    private static func change(
        _ values: inout [UInt8], _ base: Int, _ span: PixelSpan, _ body: (inout UInt8) -> Void
    ) {
        values.withUnsafeMutableBufferPointer { values in
            var pixel = base + span.first
            for _ in 0..<span.count {
                body(&values[pixel])
                pixel += span.stride
            }
        }
    }

    /// - Parameter strict: the part's name where a pixel may be covered by one label only.
    private static func cover(
        _ labels: inout [UInt8], _ span: PixelSpan, _ label: UInt8, _ strict: String?
    ) throws {
        guard let name = strict else { return change(&labels, 0, span) { $0 = label } }
        let free = labels.withUnsafeMutableBufferPointer { labels in
            var pixel = span.first
            for _ in 0..<span.count {
                guard labels[pixel] == bare || labels[pixel] == label else { return false }
                labels[pixel] = label
                pixel += span.stride
            }
            return true
        }
        guard free else {
            throw FloeError(
                .badData, file: name, "runs of two classes that overlap",
                expected: "one class for each pixel (kind: softmax)",
                advice: "use kind: sigmoid where classes may overlap")
        }
    }
}
