import DurableFiles
import TensorCore

/// The input bands that one member sees, where members differ in them (random subspaces; Ho 1998).
public enum BandSubset {
    /// Draws bands without replacement; their order is kept.
    ///
    /// - Returns: indexes of bands, ascending; a pure function of seed, member and the numbers.
    public static func draw(seed: UInt64, member: Int, bands: Int, count: Int) throws -> [Int] {
        guard count >= 1, count <= bands else {
            throw FloeError(
                .usage, "a subset of bands", expected: "1 to \(bands)", got: "\(count)")
        }
        // Sample 1 of the bag's purpose; the groups are drawn from sample 0.
        var stream = RandomStream(seed: seed, purpose: .bag, member: member, sample: 1)
        var all = Array(0..<bands)
        stream.shuffle(&all)
        return all.prefix(count).sorted()
    }
}
