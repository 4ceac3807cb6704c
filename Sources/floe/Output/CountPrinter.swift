import Foundation
import Synchronization

/// Progress of work that counts upwards: images read, scenes written.
final class CountPrinter: Sendable {
    private struct Shown {
        var done = -1
        var time = -1.0
        var hasBar = false
    }

    private let style: OutputOptions.ProgressStyle?
    private let unit: String
    private let total: Int?
    private let start = ContinuousClock.now
    private let shown = Mutex(Shown())

    /// - Parameters:
    ///   - unit: what is counted, in the plural.
    ///   - total: how many there will be, where that is known.
    init(_ options: OutputOptions, unit: String, total: Int? = nil) {
        style = options.style
        self.unit = unit
        self.total = total
    }

    /// Tells how many are done; called from any thread, in any order.
    func update(_ done: Int) {
        guard let style else { return }
        let time = (ContinuousClock.now - start) / .seconds(1)
        shown.withLock { shown in
            // Lines are for logs: one every few seconds is enough there.
            let interval = style == .lines ? 5 : 0.1
            guard done > shown.done else { return }
            let isFirst = shown.time < 0
            guard
                done == total || (isFirst && style != .lines)
                    || time - max(0, shown.time) >= interval
            else { return }
            shown.done = done
            shown.time = time
            switch style {
            case .bar:
                shown.hasBar = true
                Console.noteRaw("\r\u{1B}[K" + text(done))
            case .lines: Console.note(text(done))
            case .json: Console.note(json(done))
            }
        }
    }

    /// Leaves the bar's line.
    func finish() {
        shown.withLock { shown in
            if shown.hasBar { Console.noteRaw("\r\u{1B}[K") }
            shown.hasBar = false
        }
    }

    private func text(_ done: Int) -> String {
        total.map { "\(done) of \($0) \(unit)" } ?? "\(done) \(unit)"
    }

    private func json(_ done: Int) -> String {
        let total = total.map { ",\"total\":\($0)" } ?? ""
        return "{\"progress\":{\"done\":\(done)\(total),\"unit\":\"\(unit)\"}}"
    }
}
