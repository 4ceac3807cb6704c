import DurableFiles

/// The photos that a data set's `exclude` leaves: a function of the files alone.
///
/// By ids first, then by masks, then by images, each among what is left. Only digests are kept while
/// files are decoded, and nothing is decoded where no rule asks for it.
struct PhotoFilter {
    let kept: [PhotoIndex.Photo]
    let excluded: DatasetInspection.Excluded

    /// - Parameter skipsBroken: keeps photos that cannot be read, for whoever lists them.
    /// - Throws: `FloeError` of kind `.usage` where a pattern names no image, `.badData` where
    ///   nothing is left or, unless they are skipped, a file is damaged.
    init(
        _ photos: [PhotoIndex.Photo], _ description: DatasetDescription, _ budget: ImageBudget,
        skipsBroken: Bool = false
    ) throws {
        guard let rules = description.exclude else {
            kept = photos
            excluded = .init()
            return
        }
        let matchers = try (rules.ids ?? []).map { text in
            (text, matches: try SplitPlan.matcher(text, key: "data.exclude.ids"))
        }
        // Somebody meant an image by it.
        for (text, matches) in matchers where !photos.contains(where: { matches($0.id) }) {
            throw FloeError(
                .usage, "data.exclude.ids: '\(text)' names no image",
                expected: "at least one of \(photos.count)")
        }
        var left = photos.filter { photo in !matchers.contains { $0.matches(photo.id) } }
        var counts = DatasetInspection.Excluded(ids: photos.count - left.count)
        if rules.duplicateMasks != nil || rules.duplicateImages != nil, let first = left.first {
            let decoder = try PhotoDecoder(
                description,
                stored: try SegmentationDataset.bandNames(
                    description, firstImages: first.images, budget), budget: budget)
            func groups(
                _ digest: (PhotoIndex.Photo) throws -> SHA256Digest?
            ) throws -> [[Int]] {
                try DuplicateGroups.of(
                    left.map { photo in
                        do {
                            return try digest(photo)
                        } catch let error as FloeError where skipsBroken && error.kind != .usage {
                            return nil
                        }
                    })
            }
            if let least = rules.duplicateMasks {
                let alike = try groups { try decoder.maskDigest($0) }.filter { $0.count >= least }
                counts.duplicateMasks = Self.remove(alike.flatMap { $0 }, from: &left)
            }
            if let rule = rules.duplicateImages {
                let alike = try groups { decoder.digest(of: try decoder.readSources($0)) }
                counts.duplicateImages = Self.remove(
                    alike.flatMap { rule == .keepFirst ? $0.dropFirst() : $0[...] }, from: &left)
            }
        }
        guard !left.isEmpty || photos.isEmpty else {
            throw FloeError(
                .badData, file: description.root, "data.exclude leaves no image",
                expected: "at least one of \(photos.count)")
        }
        kept = left
        excluded = counts
    }

    /// - Returns: how many were removed.
    private static func remove(_ numbers: [Int], from photos: inout [PhotoIndex.Photo]) -> Int {
        let gone = Set(numbers)
        photos = photos.indices.filter { !gone.contains($0) }.map { photos[$0] }
        return gone.count
    }
}

/// Which of a list have the same digest.
enum DuplicateGroups {
    /// Positions of two or more with the same digest, ascending, the groups by their first; a
    /// position without a digest is like no other.
    static func of(_ digests: [SHA256Digest?]) -> [[Int]] {
        var positions: [SHA256Digest: [Int]] = [:]
        for (position, digest) in digests.enumerated() {
            if let digest { positions[digest, default: []].append(position) }
        }
        return positions.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
    }
}
