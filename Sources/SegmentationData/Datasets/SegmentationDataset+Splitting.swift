extension SegmentationDataset {
    /// The parts that the description's `split` makes of the samples.
    public func split() throws -> SplitPlan {
        let entries = ids.indices.map { index in
            let window = windows[index]
            let size = description.patch?.size
            return SplitPlan.Entry(
                id: ids[index], group: group(at: index), folder: photos[window.photo].folder,
                rows: window.corner.flatMap { corner in
                    size.map { corner.row..<(corner.row + $0.height) }
                },
                columns: window.corner.flatMap { corner in
                    size.map { corner.column..<(corner.column + $0.width) }
                })
        }
        return try SplitPlan(
            entries, description.split,
            usesFolders: description.images.contains { source in
                source.files.contains { $0.contains("{split}") }
            })
    }

    /// The groups of some samples in bytewise order, each once.
    public func groups(of samples: [Int]) -> [String] {
        Set(samples.map { group(at: $0) }).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The samples that belong to drawn groups: group by group as drawn, a group drawn twice twice.
    ///
    /// - Parameter samples: the samples that may be taken (a training part).
    public func samples(ofGroups drawn: [String], among samples: [Int]) -> [Int] {
        var members: [String: [Int]] = [:]
        for index in samples.sorted() { members[group(at: index), default: []].append(index) }
        return drawn.flatMap { members[$0] ?? [] }
    }

    /// For each sample, which classes have at least one pixel in it: [sample][class].
    ///
    /// - Throws: as `sample(at:)`; every mask is read.
    public func classPresence(of samples: [Int]) throws -> [[Bool]] {
        try samples.map { index in
            try sample(at: index).target.pixelCounts(classes: classNames.count).classes
                .map { $0 > 0 }
        }
    }

    /// For each group, which classes have at least one pixel in any of its samples.
    public func classPresence(ofGroups groups: [String], among samples: [Int]) throws -> [[Bool]] {
        var present: [String: [Bool]] = [:]
        for (index, classes) in zip(samples, try classPresence(of: samples)) {
            let before = present[group(at: index)] ?? classes.map { _ in false }
            present[group(at: index)] = zip(before, classes).map { $0 || $1 }
        }
        return groups.map { present[$0] ?? classNames.map { _ in false } }
    }
}
