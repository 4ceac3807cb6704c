import SegmentationData

/// Which samples of a member's bag show a class that `augmentation.paste` pastes.
struct PasteSource: Sendable {
    /// Positions in the bag for each class that occurs in it, classes in their order.
    let classes: [(label: Int, positions: [Int])]

    /// - Parameter training: samples of the bag, repeated as drawn.
    init(
        _ paste: Augmentation.Paste, training: [Int], dataset: SegmentationDataset
    ) throws {
        let names = dataset.classNames
        let isExclusive = dataset.description.kind == .softmax
        var known: [Int: [Int]] = [:]
        var sums = [Int](repeating: 0, count: names.count)
        var labelled = 0
        for index in training {
            let counts: [Int]
            if let earlier = known[index] {
                counts = earlier
            } else {
                let target = try dataset.sample(at: index).target
                let all = target.pixelCounts(classes: names.count)
                counts = all.classes + [target.height * target.width - all.ignored]
                known[index] = counts
            }
            for label in names.indices { sums[label] += counts[label] }
            labelled += counts[names.count]
        }
        let wanted: [Int]
        switch paste.classes {
        case .named(let wantedNames):
            wanted = names.indices.filter { wantedNames.contains(names[$0]) }
        case .rare:
            // Classes that may overlap each share the pixels with what is not of the class.
            let share = isExclusive ? names.count : 2
            let rare = names.indices.filter { sums[$0] > 0 && sums[$0] * share < labelled }
            let rarest = names.indices.filter { sums[$0] > 0 }.min { sums[$0] < sums[$1] }
            wanted = rare.isEmpty ? [rarest].compactMap(\.self) : rare
        }
        classes = wanted.compactMap { label in
            let found = training.indices.filter { (known[training[$0]]?[label] ?? 0) > 0 }
            return found.isEmpty ? nil : (label, found)
        }
    }
}
