import TensorCore

@testable import Ensembling

/// Ensembles whose members' answers are drawn, pixel by pixel.
struct SimulatedMembers {
    var rule: Combiner.Rule
    var classes: Int
    var pixels: Int
    /// By member, then `[class][pixel]`.
    var answers: [[Float]]
    /// By member, then by class; each class's sum is 1.
    var weights: [[Double]]
    var thresholds: [[Double]]

    /// How answers are drawn.
    enum Style: CaseIterable {
        /// Anything; multiples of an eighth, so that sums tie; one class for certain; the same at every
        /// pixel and for every member; almost equal.
        case free, coarse, certain, constant, close
    }

    /// Draws an ensemble of 3 to 10 members; the same number gives the same.
    init(number: Int, pixels: Int = 96) {
        var stream = RandomStream(seed: 41, purpose: .test, sample: number)
        func pick<Value>(_ values: [Value]) -> Value { values[stream.index(below: values.count)] }
        let isExclusive = stream.chance(0.5)
        let classes = isExclusive ? 2 + stream.index(below: 3) : 1 + stream.index(below: 3)
        let members = 3 + stream.index(below: 8)
        let grid = [0.25, 0.3, 0.5, 0.75]
        rule = Combiner.Rule(
            method: pick([Combiner.Method.softVoting, .hardVoting]), space: .probability,
            isExclusive: isExclusive,
            thresholds: (0..<classes).map { _ in pick(grid) })
        thresholds = (0..<members).map { _ in (0..<classes).map { _ in pick(grid) } }
        self.classes = classes
        self.pixels = pixels
        let shares = stream.index(below: 4)
        let raw = (0..<members).map { member -> [Double] in
            let own = stream.uniform(0.1, 3)
            return (0..<classes).map { _ in
                switch shares {
                case 0: 1
                case 1: Double(1 + member % 2)
                case 2: own
                // Some for nothing; the first member speaks for every class.
                default: member > 0 && stream.chance(0.3) ? 0 : stream.uniform(0.1, 3)
                }
            }
        }
        let totals = (0..<classes).map { k in raw.reduce(0) { $0 + $1[k] } }
        weights = raw.map { zip($0, totals).map { $0 / $1 } }
        let style = pick(Style.allCases)
        let constant = Self.answer(.coarse, classes, isExclusive, &stream)
        answers = (0..<members).map { _ in
            var map = [Float](repeating: 0, count: classes * pixels)
            for pixel in 0..<pixels {
                let one =
                    style == .constant
                    ? constant : Self.answer(style, classes, isExclusive, &stream)
                for k in 0..<classes { map[k * pixels + pixel] = one[k] }
            }
            return map
        }
    }

    private static func answer(
        _ style: Style, _ classes: Int, _ isExclusive: Bool, _ stream: inout RandomStream
    ) -> [Float] {
        var values: [Float] = (0..<classes).map { _ in
            switch style {
            case .free, .constant: Float(stream.uniform())
            case .coarse: Float(stream.index(below: 9)) / 8
            case .certain: stream.chance(0.5) ? 1 : 0
            case .close: 0.5 + Float(stream.index(below: 5)) * 0x1p-24
            }
        }
        guard isExclusive else { return values }
        if style == .certain {
            let only = stream.index(below: classes)
            return (0..<classes).map { $0 == only ? 1 : 0 }
        }
        let sum = values.reduce(0, +)
        if sum > 0 { for k in values.indices { values[k] /= sum } }
        return sum > 0 ? values : [Float](repeating: 1 / Float(classes), count: classes)
    }

    /// All members' labels, those of weight 0 included.
    var labels: [UInt8] {
        var combiner = Combiner(rule, classes: classes, pixels: pixels)
        for (index, answer) in answers.enumerated() {
            combiner.add(answer, weights: weights[index], thresholds: thresholds[index])
        }
        return combiner.decisions()
    }

    /// Members whose weight for some class is above 0.
    var counting: [Int] { answers.indices.filter { weights[$0].contains { $0 > 0 } } }

    /// The labels where members are asked for open pixels only and say something else of the others.
    ///
    /// - Parameter onMember: takes the members asked so far and how many pixels are still open.
    func earlyLabels(
        _ calibrated: CalibratedExit? = nil, height: Int = 1,
        onMember: (_ count: Int, _ open: Int) -> Void = { _, _ in }
    ) -> [UInt8] {
        let settled = SettledLabels(rule, weights: counting.map { weights[$0] })
        var running = RunningLabels(
            settled, classes: classes, rows: 0..<height, width: pixels / height,
            calibrated: calibrated)
        for index in counting where !running.open.isEmpty {
            var answer = answers[index]
            for pixel in 0..<pixels where !running.open.contains(pixel) {
                for k in 0..<classes { answer[k * pixels + pixel] = Float((pixel + index + k) % 2) }
            }
            running.add(answer, weights: weights[index], thresholds: thresholds[index])
            onMember(running.count, running.open.count)
        }
        return running.finished()
    }
}
