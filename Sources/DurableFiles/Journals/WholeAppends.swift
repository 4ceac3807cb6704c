import Foundation

/// Appends pieces to an open file so that each is there whole or not at all.
struct WholeAppends {
    /// Where a piece began that could neither be written whole nor be taken back.
    private var tornStart: Int?

    /// Appends one piece; if it cannot be written whole, what was written of it is taken back, at
    /// the latest before the next one.
    mutating func append(
        _ piece: Data, to descriptor: Int32, of path: String, _ calls: any FileSystemCalls
    ) throws {
        let start = try attempt(path, "could not append") { () throws(SystemCallError) in
            if let tornStart { try calls.truncate(descriptor, to: tornStart) }
            tornStart = nil
            return try calls.status(of: descriptor).size
        }
        do {
            try piece.withUnsafeBytes { bytes in
                try calls.writeAll(bytes, to: descriptor, at: nil, of: path, "could not append")
            }
        } catch {
            if (try? calls.truncate(descriptor, to: start)) == nil { tornStart = start }
            throw error
        }
    }
}
