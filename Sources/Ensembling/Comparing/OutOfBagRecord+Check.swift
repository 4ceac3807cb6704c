import DurableFiles

/// What a record must keep to: who draws it counts and indexes by what it says.
extension OutOfBagRecord {
    /// - Throws: `FloeError` of kind `badData` for the first value that cannot be of this ensemble.
    func check(for ensemble: OpenedEnsemble, at path: String) throws {
        func require(_ holds: Bool, _ key: String, _ expected: String, _ got: String) throws {
            guard !holds else { return }
            throw FloeError(
                .badData, file: path, "key '\(key)'", expected: expected, got: got,
                advice: "build the ensemble again with --data")
        }
        func requireCount(_ value: Int, in range: ClosedRange<Int>, _ key: String) throws {
            try require(
                range.contains(value), key, "\(range.lowerBound) to \(range.upperBound)",
                "\(value)")
        }
        func requireShare(_ value: Double?, _ key: String) throws {
            guard let value else { return }
            try require((0...1).contains(value), key, "0 to 1", "\(value)")
        }
        let names = ensemble.output.classes.map(\.name)
        let voted = images.count { $0.votes > 0 }
        try require(
            score.coverage.total == images.count && score.coverage.images == voted, "images",
            "\(score.coverage.images) with votes of \(score.coverage.total)",
            "\(voted) of \(images.count)")
        for (index, image) in images.enumerated() {
            let key = "images[\(index)]"
            try requireCount(image.votes, in: 0...members.count, key + ".votes")
            try requireShare(image.dice, key + ".dice")
            if let dice = image.classDice {
                try require(
                    dice.count == names.count, key + ".classDice", "\(names.count) values",
                    "\(dice.count)")
                for value in dice { try requireShare(value, key + ".classDice") }
            }
        }
        try require(
            classes.map(\.name) == names, "classes", names.joined(separator: ","),
            classes.map(\.name).joined(separator: ","))
        for (index, row) in classes.enumerated() {
            let key = "classes[\(index)]"
            try requireCount(row.images, in: 0...voted, key + ".images")
            try requireShare(row.dice, key + ".dice")
            try requireShare(row.iou, key + ".iou")
        }
        guard let curve else { return }
        if let orders = curve.orders { try requireCount(orders, in: 1...Int.max, "curve.orders") }
        var least = 1
        for (index, point) in curve.points.enumerated() {
            let key = "curve.points[\(index)]"
            try require(
                point.members >= least && point.members <= members.count, key + ".members",
                "rising numbers up to \(members.count)", "\(point.members)")
            least = point.members + 1
            for (name, value) in [
                ("mean", point.mean), ("lowest", point.lowest), ("highest", point.highest),
                ("coverage", point.coverage),
            ] {
                try requireShare(value, key + "." + name)
            }
            try require(
                point.lowest <= point.highest, key + ".lowest", "at most \(point.highest)",
                "\(point.lowest)")
        }
    }
}
