import Foundation
import Synchronization
import Training

/// Tells on standard error what a training run is doing: a bar, lines, or JSON.
final class ProgressPrinter: Sendable {
    private struct Shown {
        var state = TrainingState()
        var lastUpdate: ContinuousClock.Instant?
        var hasBar = false
    }

    private let style: OutputOptions.ProgressStyle?
    private let shown = Mutex(Shown())
    /// At most ten updates a second.
    private static let interval = Duration.milliseconds(100)

    init(_ options: OutputOptions) { style = options.style }

    /// Takes an event as it happens.
    func tell(_ event: TrainingEvent) {
        shown.withLock { shown in
            shown.state.take(event)
            switch style {
            case .json: tellJSON(event)
            case .lines: tellLine(event, &shown)
            case .bar:
                tellLine(event, &shown)
                updateBar(event, &shown)
            case nil: tellTrouble(event)
            }
        }
    }

    /// Clears the bar, whatever ended the run.
    func finish() {
        shown.withLock { clearBar(&$0) }
    }

    // MARK: Styles

    private func tellJSON(_ event: TrainingEvent) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // JSON knows no infinity; a line that cannot be told is not worth stopping for.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        guard let data = try? encoder.encode(event) else { return }
        Console.note(String(decoding: data, as: UTF8.self))
    }

    private func tellLine(_ event: TrainingEvent, _ shown: inout Shown) {
        guard let line = EventText.line(event) else { return }
        clearBar(&shown)
        Console.note(line)
    }

    /// Without progress, what went wrong is still told.
    private func tellTrouble(_ event: TrainingEvent) {
        switch event {
        case .warning, .memberFailed: EventText.line(event).map { Console.note($0) }
        default: break
        }
    }

    private func updateBar(_ event: TrainingEvent, _ shown: inout Shown) {
        if case .runDone = event { return clearBar(&shown) }
        let now = ContinuousClock.now
        if let last = shown.lastUpdate, now - last < Self.interval { return }
        guard let text = shown.state.barText(columns: Console.columns) else { return }
        shown.lastUpdate = now
        shown.hasBar = true
        Console.noteRaw("\r\u{1B}[K" + text)
    }

    private func clearBar(_ shown: inout Shown) {
        guard shown.hasBar else { return }
        shown.hasBar = false
        shown.lastUpdate = nil
        Console.noteRaw("\r\u{1B}[K")
    }
}
