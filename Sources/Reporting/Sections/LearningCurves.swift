import Training

/// How the members learned: loss, Dice and learning rate by epoch.
public struct LearningCurves: Sendable {
    public struct Member: Sendable {
        public var name: String
        /// In the order of epochs; those of `history.csv`.
        public var records: [EpochRecord]

        public init(_ name: String, records: [EpochRecord]) {
            self.name = name
            self.records = records
        }

        /// The position of the epoch whose weights were kept, the last that was the best so far.
        var best: Int? { records.lastIndex { $0.isBest } }
    }

    public var members: [Member]
    /// Whether members' losses are of one kind, and which is the lowest says something.
    public var shareLoss = true
    /// Whether they were validated on the same images.
    public var shareValidation = true

    public init(_ members: [Member]) { self.members = members }

    /// The section of a page.
    public func section(id: String = "training", title: String = "Training") -> HTMLPage.Section {
        let trained = members.filter { !$0.records.isEmpty }
        guard !trained.isEmpty else {
            return HTMLPage.Section(
                id: id, title: title, body: .paragraph("No training history.", class: "note"))
        }
        return HTMLPage.Section(
            id: id, title: title,
            intro: "Every member by epoch. The ring marks the epoch whose weights were kept. "
                + "Validation loss that rises while training loss falls is overfitting.",
            body: HTML([
                .columns([dice.figure, rates.figure]),
                .element("h3", [:], [HTML("Loss of each member")]),
                LegendEntry.html([
                    .series(Self.training, "training loss"),
                    .series(Self.validation, "validation loss"),
                ]), .tiles(trained.map { losses($0).figure }), table.html,
            ]))
    }

    private static let training = SeriesStyle.series(1)
    private static let validation = SeriesStyle.series(0)

    private var dice: LineChart {
        LineChart(
            "Validation Dice", x: .init("epoch", isInteger: true), y: .init("Dice"),
            series: lines { $0.validationDice })
    }

    private var rates: LineChart {
        var chart = LineChart(
            "Learning rate", x: .init("epoch", isInteger: true),
            y: .init("learning rate", isLogarithmic: true),
            series: lines(marksBest: false) { $0.rate })
        // Members of one recipe share their schedule: one line then says it for all.
        let trained = members.filter { !$0.records.isEmpty }
        let histories = Set(trained.map { $0.records.map(\.rate) })
        let longest = histories.max { $0.count < $1.count } ?? []
        if trained.count > 1, histories.allSatisfy({ longest.starts(with: $0) }) {
            let who =
                trained.count == members.count
                ? "all members" : "all \(trained.count) members with a history"
            chart.series = Array(chart.series.filter { $0.points.count == longest.count }.prefix(1))
            for index in chart.series.indices {
                chart.series[index].name = who
                chart.series[index].style = .ensemble
            }
            chart.note = "The same for \(who)."
        }
        return chart
    }

    private func lines(
        marksBest: Bool = true, _ value: (EpochRecord) -> Double?
    ) -> [LineChart.Series] {
        members.enumerated().map { index, member in
            LineChart.Series(
                member.name, style: .series(index),
                points: member.records.map { .init(Double($0.epoch), value($0)) },
                highlighted: marksBest ? member.best : nil)
        }
    }

    /// A member's losses on the axes that all members share, so that they can be compared.
    private func losses(_ member: Member) -> LineChart {
        let all = members.flatMap(\.records)
        let values = all.flatMap { [$0.trainingLoss, $0.validationLoss] }.compactMap { $0 }
        let finite = values.filter(\.isFinite).sorted()
        let epochs = all.map { Double($0.epoch) }
        // One loss that ran away must not flatten all others.
        let spansDecades = (finite.first ?? 0) > 0 && (finite.last ?? 0) > 30 * (finite.first ?? 0)
        var chart = LineChart(
            member.name,
            x: .init(
                "", isInteger: true, including: [epochs.min(), epochs.max()].compactMap { $0 }),
            y: .init(
                "", isLogarithmic: spansDecades,
                including: [finite.first, finite.last].compactMap { $0 }),
            series: [
                .init(
                    "training loss", style: Self.training,
                    points: member.records.map { .init(Double($0.epoch), $0.trainingLoss) }),
                .init(
                    "validation loss", style: Self.validation,
                    points: member.records.map { .init(Double($0.epoch), $0.validationLoss) },
                    highlighted: member.best),
            ])
        chart.width = 200
        chart.height = 130
        chart.naming = .none
        return chart
    }

    private var table: HTMLTable {
        HTMLTable(
            "Training in numbers", rowHeading: "Member",
            columns: [
                .init("Epochs"), .init("Best epoch"), .init("Training loss"),
                .init("Validation loss", best: shareLoss ? .lowest : nil),
                .init("Validation Dice", best: shareValidation ? .highest : nil), .init("Time"),
            ],
            groups: [
                .init(
                    nil,
                    members.map { member in
                        let best = member.best.map { member.records[$0] }
                        let seconds = member.records.map(\.seconds).reduce(0, +)
                        return .init(
                            member.name,
                            [
                                .number(
                                    Double(member.records.count),
                                    shown: NumberText.count(member.records.count)),
                                .number(
                                    best.map { Double($0.epoch) },
                                    shown: best.map { NumberText.count($0.epoch) } ?? ""),
                                .number(best?.trainingLoss, 4), .number(best?.validationLoss, 4),
                                .number(best?.validationDice, 4),
                                .number(
                                    member.records.isEmpty ? nil : seconds,
                                    shown: NumberText.duration(seconds: seconds)),
                            ])
                    })
            ], note: "Losses and Dice are those of the best epoch.")
    }
}
