import DurableFiles
import Foundation
import Glibc
import HDF5Files

/// Parses one foreign file under limits and hands back plain arrays; started by Floe, not by people.
///
///     floe-reader list FILE [--digests]         what the file holds, as JSON
///     floe-reader read FILE SHA256 0,5,6        values of some datasets, float32 one after the other
///
/// libhdf5 1.10 has known faults with malformed files: whatever they do, they do it here. A refusal
/// is one line of JSON and the exit code 3 to 6.
@main
struct Reader {
    /// Larger files are refused; a ResNet-152 is 233 MB.
    static let largestFile = 2 << 30

    static func main() {
        do {
            try run(Array(CommandLine.arguments.dropFirst()))
            exit(0)
        } catch {
            let failure =
                error as? FloeError ?? FloeError(.badData, "cannot be read (\(error))")
            if let line = try? JSONEncoder().encode(ForeignRefusal(failure)) { write(line) }
            exit(failure.kind.exitCode)
        }
    }

    private static func run(_ arguments: [String]) throws {
        guard arguments.count >= 2 else {
            throw FloeError(.usage, "floe-reader is started by floe, not by people")
        }
        let data = try open(arguments[1])
        switch (arguments[0], arguments.count) {
        case ("list", 2), ("list", 3):
            let listing = try ForeignParser.list(data, withDigests: arguments.count == 3)
            write(try JSONEncoder().encode(listing))
        case ("read", 4):
            let indices = arguments[3].split(separator: ",").compactMap { Int($0) }
            let digest = SHA256Digest.of(data)
            guard digest.hex == arguments[2] else {
                throw FloeError(.badData, "the file changed while it was read")
            }
            try ForeignParser.read(data, indices: indices) { values in
                write(UnsafeRawBufferPointer(values))
            }
        default:
            throw FloeError(.usage, "floe-reader is started by floe, not by people")
        }
    }

    /// The whole file: what was hashed is what is parsed. Limits hold from here on.
    private static func open(_ path: String) throws -> Data {
        var status = stat()
        let size = stat(path, &status) == 0 ? Int(status.st_size) : 0
        ReaderLimits.set(fileBytes: min(size, largestFile))
        let data = try DurableFile.read(path, limit: largestFile)
        if data.starts(with: Array("PK\u{3}\u{4}".utf8)) {
            throw FloeError(
                .badData, "a zip archive, such as Keras' .keras",
                advice: "unzip it and take the model.weights.h5 in it")
        }
        if data.first == UInt8(ascii: "{") {
            throw FloeError(
                .badData, "JSON, such as the index of sharded Keras weights",
                advice: "save the weights in one file")
        }
        return data
    }

    private static func write(_ data: Data) { data.withUnsafeBytes { write($0) } }

    private static func write(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(
                1, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                // Nobody listens any more.
                exit(6)
            }
        }
    }
}
