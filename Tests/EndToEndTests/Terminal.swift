import Foundation
import Testing

/// A pseudoterminal whose other end a program writes to.
final class Terminal {
    private let master: Int32
    /// For the program.
    private let end: Int32

    // asm-generic/ioctls.h: macros of macros, which Swift does not import.
    private static let unlock: UInt = 0x4004_5431
    private static let number: UInt = 0x8004_5430

    /// Nil where this system has none, as in some sandboxes.
    init?() {
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        guard master >= 0 else { return nil }
        var zero: Int32 = 0
        var index: Int32 = 0
        guard ioctl(master, Self.unlock, &zero) == 0, ioctl(master, Self.number, &index) == 0
        else {
            close(master)
            return nil
        }
        end = open("/dev/pts/\(index)", O_RDWR | O_NOCTTY)
        guard end >= 0 else {
            close(master)
            return nil
        }
    }

    /// Runs floe once with standard error on the terminal; what the terminal got.
    func run(_ arguments: [String], environment: [String: String] = [:]) throws -> String {
        var command = try FloeProgram.command(arguments, environment: environment)
        command.standardOutput = .discarded
        command.standardError = .descriptor(end)
        let worker = try command.spawn()
        close(end)
        defer { close(master) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(master, &buffer, buffer.count)
            // A terminal whose last writer has left answers with an error.
            guard count > 0 else { break }
            text += buffer[..<count]
        }
        worker.wait()
        return String(decoding: text, as: UTF8.self)
    }
}
