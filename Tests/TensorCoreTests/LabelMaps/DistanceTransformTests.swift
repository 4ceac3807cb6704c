import TensorCore
import TestSupport
import Testing

/// Distances against SciPy's (scripts/golden/losses.py) and against all pairs of pixels.
@Suite struct DistanceTransformTests {
    struct Entry: Decodable, Sendable, CustomStringConvertible {
        var name: String
        var height: Int
        var width: Int
        var set: [UInt8]
        var squares: [Int]

        var description: String { name }
    }

    static let entries = (try? Golden.load("distances", as: [Entry].self)) ?? []

    @Test func theGoldensAreThere() { #expect(Self.entries.count == 5) }

    @Test(arguments: entries)
    func agreesWithSciPy(_ entry: Entry) {
        let got = DistanceTransform.distances(
            to: entry.set, height: entry.height, width: entry.width)
        #expect(got == entry.squares.map { Float(Double($0).squareRoot()) })
    }

    private static func naive(_ set: [UInt8], _ height: Int, _ width: Int) -> [Float] {
        let places = set.indices.filter { set[$0] != 0 }
        return set.indices.map { pixel in
            let nearest = places.map { place in
                let down = pixel / width - place / width
                let across = pixel % width - place % width
                return down * down + across * across
            }.min()
            return nearest.map { Float(Double($0).squareRoot()) } ?? .infinity
        }
    }

    /// One memory for sets of all densities, none among them.
    @Test(arguments: [(1, 1), (1, 40), (40, 1), (23, 31), (17, 64)])
    func agreesWithAllPairs(_ height: Int, _ width: Int) {
        var stream = RandomStream(seed: 11, purpose: .test, sample: height * 100 + width)
        var transform = DistanceTransform(height: height, width: width)
        var got = [Float](repeating: .nan, count: height * width)
        for density in [0, 0.002, 0.01, 0.05, 0.3, 0.9, 1] {
            for _ in 0..<3 {
                let set = (0..<height * width).map { _ -> UInt8 in
                    stream.chance(density) ? 7 : 0
                }
                set.withUnsafeBufferPointer { set in
                    got.withUnsafeMutableBufferPointer { transform.distances(to: set, into: $0) }
                }
                #expect(got == Self.naive(set, height, width), "\(density)")
            }
        }
    }

    @Test func cornersAreFarApart() {
        var set = [UInt8](repeating: 0, count: 300 * 400)
        set[0] = 1
        let got = DistanceTransform.distances(to: set, height: 300, width: 400)
        #expect(got[299 * 400 + 399] == Float(Double(299 * 299 + 399 * 399).squareRoot()))
        #expect(got[299 * 400] == 299 && got[399] == 399)
    }
}
