import TensorCore
import Testing

@testable import Ensembling

@Suite struct MixtureWeightsTests {
    /// What the truth is given by members whose answers lie between two bounds.
    private static func image(
        _ number: Int, _ bounds: [ClosedRange<Double>], voters: [Int]? = nil, entries: Int = 400
    ) -> MixtureWeights.Image {
        var stream = RandomStream(seed: 9, purpose: .test, sample: number)
        var values: [Float] = []
        for _ in 0..<entries {
            for bound in bounds {
                values.append(Float(stream.uniform(bound.lowerBound, bound.upperBound)))
            }
        }
        return .init(voters: voters ?? Array(bounds.indices), values: values)
    }

    /// No other shares nearby have a lower loss.
    private static func expectMinimum(
        _ found: MixtureWeights, _ images: [MixtureWeights.Image],
        _ location: SourceLocation = #_sourceLocation
    ) {
        for from in found.shares.indices {
            for to in found.shares.indices where to != from {
                var moved = found.shares
                let step = min(0.01, moved[from])
                moved[from] -= step
                moved[to] += step
                #expect(
                    MixtureWeights.logLoss(images, moved) >= found.loss - 1e-5,
                    "\(from) to \(to)", sourceLocation: location)
            }
        }
    }

    @Test func aGoodMemberAmongNoiseHasAllTheWeight() throws {
        let images = (0..<4).map { Self.image($0, [0.01...0.99, 0.9...0.99, 0.01...0.99]) }
        let found = try #require(MixtureWeights(images, members: 3))
        #expect(found.shares[1] > 0.99)
        #expect(found.shares.allSatisfy { $0 >= MixtureWeights.leastShare * 0.99 })
        #expect(abs(found.shares.reduce(0, +) - 1) < 1e-12)
        #expect(found.loss < found.equalLoss)
    }

    @Test func equalMembersShareAlike() throws {
        let bounds = [ClosedRange<Double>](repeating: 0.2...0.9, count: 4)
        let images = (0..<6).map { Self.image($0, bounds, entries: 2000) }
        let found = try #require(MixtureWeights(images, members: 4))
        #expect(found.shares.allSatisfy { abs($0 - 0.25) < 0.03 }, "\(found.shares)")
        #expect(found.loss <= found.equalLoss)
    }

    /// 0.9 and 0.2 everywhere, and three quarters of the class: the mean must be 0.75.
    @Test func theMeanIsTheShareOfTheClass() throws {
        let present: [Float] = [0.9, 0.2]
        let images = [
            MixtureWeights.Image(
                voters: [0, 1], values: present + present + present + present.map { 1 - $0 })
        ]
        let found = try #require(MixtureWeights(images, members: 2))
        #expect(abs(found.shares[0] - 0.55 / 0.7) < 1e-5)
        Self.expectMinimum(found, images)
    }

    @Test(arguments: 0..<5) func theLossIsNeverWorseThanOfEqualShares(_ seed: Int) throws {
        let bounds: [ClosedRange<Double>] = [0.1...0.9, 0.3...0.8, 0.4...0.6, 1e-7...1]
        let images = (0..<3).map { Self.image(seed * 10 + $0, bounds, entries: 50) }
        let found = try #require(MixtureWeights(images, members: 4))
        #expect(found.loss <= found.equalLoss)
        Self.expectMinimum(found, images)
    }

    /// Every image has its own voters, whose shares are brought to a sum of 1.
    @Test func onlyVotersAreAsked() throws {
        let good = 0.7...0.95
        let bad = 0.1...0.9
        let images = [
            Self.image(1, [good, bad], voters: [0, 1]),
            Self.image(2, [bad, good], voters: [1, 2]),
            Self.image(3, [good, good], voters: [0, 2]), Self.image(4, [bad], voters: [1]),
        ]
        let found = try #require(MixtureWeights(images, members: 4))
        // Nobody can say what the last one is worth.
        #expect(abs(found.shares[3] - 0.25) < 1e-5)
        #expect(found.shares[1] < 0.05)
        #expect(found.loss < found.equalLoss)
        // Moves between members that speak.
        for (from, to) in [(0, 2), (2, 0), (0, 1)] {
            var moved = found.shares
            moved[from] -= 0.01
            moved[to] += 0.01
            #expect(MixtureWeights.logLoss(images, moved) >= found.loss - 1e-5)
        }
    }

    /// An image counts by its mean, whatever its number of pixels.
    @Test func imagesCountAlike() throws {
        let small = MixtureWeights.Image(voters: [0, 1], values: [0.8, 0.2])
        let large = MixtureWeights.Image(
            voters: [0, 1], values: (0..<50).flatMap { _ in [0.2, 0.8] as [Float] })
        let found = try #require(MixtureWeights([small, large], members: 2))
        #expect(abs(found.shares[0] - 0.5) < 1e-6)
    }

    @Test func theEdgesAreWhole() throws {
        let alone = try #require(
            MixtureWeights([.init(voters: [0], values: [0.5, 0.25])], members: 1))
        #expect(alone.shares == [1] && alone.iterations == 0)
        // A truth that nobody finds possible.
        let least = FitSample.Image.leastProbability
        let nobody = try #require(
            MixtureWeights([.init(voters: [0, 1], values: [least, least])], members: 2))
        #expect(nobody.loss.isFinite && nobody.shares == [0.5, 0.5])
        #expect(MixtureWeights([], members: 2) == nil)
        #expect(MixtureWeights([.init(voters: [0, 1], values: [])], members: 2) == nil)
    }
}
