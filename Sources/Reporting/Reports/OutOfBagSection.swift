import Ensembling

/// The out-of-bag score: image by image, class by class, and by the number of members.
struct OutOfBagSection {
    let record: OutOfBagRecord

    var section: HTMLPage.Section {
        let coverage = record.score.coverage
        return HTMLPage.Section(
            id: "out-of-bag", title: "Out of bag",
            intro: "Every training image, predicted by the members whose bag left it out: "
                + "\(coverage.images) of \(coverage.total) images, "
                + "\(NumberText.fixed(coverage.meanVotes, 1)) members each."
                + " Images with Dice 0: \(record.images.count { $0.dice == 0 })."
                + (record.score.score.isOptimistic
                    ? " Too good, since something was chosen on these images." : ""),
            body: HTML([
                .columns([curve?.figure, votes.figure].compactMap { $0 }), classes.html,
            ]))
    }

    private var curve: LineChart? {
        guard let curve = record.curve else { return nil }
        var chart = LineChart(
            "Out-of-bag Dice by number of members", x: .init("members", isInteger: true),
            y: .init("Dice"),
            series: [
                .init(
                    "out of bag", style: .ensemble,
                    points: curve.points.map {
                        .init(Double($0.members), $0.mean, lower: $0.lowest, upper: $0.highest)
                    })
            ])
        let parts = curve.points.map {
            "\($0.members): \(NumberText.percent($0.coverage))"
        }
        chart.note =
            "Of the images that some member had left out; their part by members: "
            + parts.joined(separator: ", ") + "."
        return chart
    }

    private var votes: BarChart {
        let most = record.images.map(\.votes).max() ?? 0
        return BarChart(
            "Members that had left an image out", axis: "training images",
            rows: (0...most).map { count in
                let own = record.images.filter { $0.votes == count }
                let dice = own.compactMap(\.dice)
                let mean = dice.isEmpty ? nil : dice.reduce(0, +) / Double(dice.count)
                return .init(
                    count == 1 ? "1 member" : "\(count) members", [Double(own.count)],
                    text: "\(own.count)"
                        + (mean.map { ", Dice \(NumberText.fixed($0, 3))" } ?? ""))
            }, note: "Images without a vote are not scored.")
    }

    private var classes: HTMLTable {
        HTMLTable(
            "Out of bag, class by class", rowHeading: "Class",
            columns: [.init("Images with it"), .init("Dice"), .init("IoU")],
            groups: [
                .init(
                    nil,
                    record.classes.map { row in
                        .init(
                            row.name,
                            [
                                .number(Double(row.images), shown: NumberText.count(row.images)),
                                .number(row.dice, 3), .number(row.iou, 3),
                            ])
                    })
            ], note: "All pixels of the scored images together.")
    }
}

extension ComparisonReport {
    var outOfBagSection: HTMLPage.Section? { outOfBag.map { OutOfBagSection(record: $0).section } }

    /// The best and the worst images.
    var pictures: HTMLPage.Section? {
        gallery.map {
            HTMLPage.Section(
                id: "pictures", title: "Worst and best images",
                intro: "By the ensemble's Dice; the worst come first.", body: $0)
        }
    }
}
