import DurableFiles
import Foundation
import Synchronization

/// A Chromium that shows pages without a window, where there is one.
struct Browser {
    let path: String

    /// The one that `FLOE_CHROMIUM` names, or the first on the search path; `off` is none.
    static let found: Browser? = {
        let environment = ProcessInfo.processInfo.environment
        if let named = environment["FLOE_CHROMIUM"], !named.isEmpty {
            return named == "off" ? nil : Browser(path: named)
        }
        let names = [
            "chromium-headless-shell", "headless_shell", "chromium", "chromium-browser",
            "google-chrome",
        ]
        for folder in (environment["PATH"] ?? "").split(separator: ":") {
            for name in names {
                let path = "\(folder)/\(name)"
                if FileManager.default.isExecutableFile(atPath: path) { return Browser(path: path) }
            }
        }
        return nil
    }()

    struct Shown {
        var document: String
        /// What the page complained about.
        var console: [String]
    }

    /// The document after it was laid out in a window, as markup.
    func show(_ file: String, width: Int, height: Int, isDark: Bool) throws -> Shown {
        let lines = Mutex<[String]>([])
        let (_, output) = try run(
            ["--dump-dom", "--virtual-time-budget=10000", "file://\(file)"], width, height, isDark,
            onError: { line in lines.withLock { $0.append(line) } })
        return Shown(
            document: String(decoding: output, as: UTF8.self),
            console: lines.withLock { $0 }.filter { $0.contains("CONSOLE") })
    }

    func photograph(
        _ file: String, to picture: String, width: Int, height: Int, isDark: Bool
    ) throws {
        _ = try run(
            ["--screenshot=\(picture)", "--hide-scrollbars", "file://\(file)"], width, height,
            isDark, onError: { _ in })
    }

    private func run(
        _ arguments: [String], _ width: Int, _ height: Int, _ isDark: Bool,
        onError: @escaping @Sendable (String) -> Void
    ) throws -> (ExitStatus, Data) {
        let profile = FileManager.default.temporaryDirectory
            .appendingPathComponent("floe-browser-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: profile) }
        let command = WorkerCommand(
            executable: path,
            arguments: [
                // Containers and root accounts have no sandbox; the pages are our own.
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--enable-logging=stderr", "--user-data-dir=\(profile)",
                "--window-size=\(width),\(height)", "--force-device-scale-factor=1",
                "--blink-settings=preferredColorScheme=\(isDark ? 0 : 1)",
            ] + arguments,
            standardError: .lines(onError))
        return try command.run(outputLimit: 64 << 20, seconds: 60)
    }
}
