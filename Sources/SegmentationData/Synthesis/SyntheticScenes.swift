import DurableFiles
import Foundation
import Synchronization

/// The scenes of one made-up data set: what their files are and how each is made.
///
/// A scene is a pure function of seed and number; it does not depend on how many there are.
protocol SyntheticScenes: Sendable {
    /// What of a scene is written once all are there: a row of a table, a part of an array.
    associatedtype Rest: Sendable

    /// Files of the first `count` scenes, relative to the folder.
    func files(count: Int) -> [String]
    /// Whether a file belongs to such a set of any number of scenes.
    func owns(_ file: String) -> Bool
    func write(_ number: Int, to folder: String) throws -> Rest
    /// Writes what stands for all scenes together.
    func finish(_ rests: [Rest], in folder: String) throws
    /// The title of `README.md` and its table of files.
    var readme: (title: String, table: String) { get }
    /// `dataset.yaml`, below its first line.
    var dataset: String { get }
}

extension SyntheticScenes {
    /// Folders that files lie in, without the set's own.
    var folders: [String] {
        var names: [String] = []
        for file in files(count: 1) {
            let parts = file.split(separator: "/")
            if parts.count > 1, !names.contains(String(parts[0])) { names.append(String(parts[0])) }
        }
        return names
    }

    /// Writes all scenes, several at once, and returns what is left of each in order.
    func writeAll(
        _ count: Int, to folder: String, progress: (@Sendable (Int) -> Void)?
    ) throws -> [Rest] {
        let state = Mutex((rests: [Int: Rest](), failure: (any Error)?.none))
        DispatchQueue.concurrentPerform(iterations: count) { number in
            guard state.withLock({ $0.failure == nil }) else { return }
            do {
                let rest = try write(number, to: folder)
                let done = state.withLock { state in
                    state.rests[number] = rest
                    return state.rests.count
                }
                progress?(done)
            } catch {
                state.withLock { $0.failure = $0.failure ?? error }
            }
        }
        let (rests, failure) = state.withLock { ($0.rests, $0.failure) }
        if let failure = failure as? FloeError { throw failure }
        if let failure {
            throw FloeError(.inputOutput, file: folder, "could not write a scene: \(failure)")
        }
        return (0..<count).compactMap { rests[$0] }
    }
}

/// A number with leading zeros.
func padded(_ number: Int, digits: Int = 4) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
}
