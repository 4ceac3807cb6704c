import Foundation
import TensorCore
import Testing

@testable import SegmentationData

struct AugmentationTests {
    private func labels(_ image: BandImage) -> SegmentationTarget {
        .labels(
            LabelMap(
                height: image.height, width: image.width,
                labels: image.values[0..<image.pixelCount].map { UInt8($0) }))
    }

    private static let movements = [false, true].flatMap { horizontal in
        [false, true].flatMap { vertical in
            (0..<4).map {
                GridMovement(
                    flipsHorizontally: horizontal, flipsVertically: vertical, quarterTurns: $0)
            }
        }
    }

    @Test func oneTurnIsCounterClockwise() {
        let image = BandImage(bands: 1, height: 2, width: 3, values: [1, 2, 3, 4, 5, 6])
        let turned = GridMovement(quarterTurns: 1).apply(to: image)
        #expect(turned.height == 3 && turned.values == [3, 6, 2, 5, 1, 4])
        let flipped = GridMovement(flipsHorizontally: true).apply(to: image)
        #expect(flipped.values == [3, 2, 1, 6, 5, 4])
        #expect(
            GridMovement(flipsVertically: true).apply(to: image).values == [4, 5, 6, 1, 2, 3])
    }

    @Test(arguments: movements)
    func everyMovementIsUndoneByItsInverse(movement: GridMovement) {
        let image = Fixtures.image(bands: 2, modulus: 251, height: 5, width: 7)
        let moved = movement.apply(to: image)
        #expect(movement.inverse.apply(to: moved) == image)
        let target = labels(image)
        #expect(movement.inverse.apply(to: movement.apply(to: target)) == target)
        // Image and truth move together.
        #expect(labels(moved) == movement.apply(to: target))
    }

    @Test func theEightMovementsOfASquareDiffer() {
        let image = Fixtures.image(bands: 1, modulus: 251, height: 4, width: 4)
        #expect(Set(GridMovement.ofSquare.map { $0.apply(to: image) }).count == 8)
        #expect(GridMovement.ofSquare[0].isIdentity)
    }

    @Test func movementsAreAPureFunctionWithTheirProbabilities() {
        let augmentation = Augmentation(
            horizontalFlip: 0.5, verticalFlip: 0.2, quarterTurns: 0.75)
        func movement(_ sample: Int, epoch: Int = 0, square: Bool = true) -> GridMovement {
            augmentation.movement(
                for: .init(seed: 3, member: 1, epoch: epoch, sample: sample), isSquare: square)
        }
        let all = (0..<4000).map { movement($0) }
        #expect(all == (0..<4000).map { movement($0) })
        #expect(all != (0..<4000).map { movement($0, epoch: 1) })
        #expect(abs(all.filter(\.flipsHorizontally).count - 2000) < 150)
        #expect(abs(all.filter(\.flipsVertically).count - 800) < 120)
        for turns in 1...3 {
            #expect(abs(all.filter { $0.quarterTurns == turns }.count - 1000) < 130)
        }
        #expect((0..<400).allSatisfy { movement($0, square: false).quarterTurns % 2 == 0 })
        let still = Augmentation()
        #expect(
            (0..<100).allSatisfy {
                still.movement(
                    for: .init(seed: 1, member: 0, epoch: 0, sample: $0), isSquare: true
                ).isIdentity
            })
    }

    @Test func aProbabilityChangesNothingElse() {
        let one = Augmentation(horizontalFlip: 0.5, quarterTurns: 0.5)
        var other = one
        other.verticalFlip = 0.9
        for sample in 0..<200 {
            let draw = Augmentation.Draw(seed: 1, member: 0, epoch: 2, sample: sample)
            let first = one.movement(for: draw, isSquare: true)
            let second = other.movement(for: draw, isSquare: true)
            #expect(first.flipsHorizontally == second.flipsHorizontally)
            #expect(first.quarterTurns == second.quarterTurns)
        }
    }

    @Test func samplesMoveWhole() {
        var image = Fixtures.image(bands: 2, modulus: 251, height: 6, width: 6)
        image.nodata = (0..<36).map { $0 < 6 ? 1 : 0 }
        let sample = Sample(
            id: "a", group: "a", image: image, target: labels(image),
            originalSize: ImageSize(height: 6, width: 6))
        let moved = Augmentation(verticalFlip: 1).moved(
            sample, for: .init(seed: 1, member: 0, epoch: 0, sample: 0))
        #expect(moved.image.nodata == (0..<36).map { $0 >= 30 ? 1 : 0 })
        #expect(moved.target == labels(moved.image))
    }

    /// What a release wrote into manifests stays what it was.
    @Test func drawsOfFlipsAndTurnsArePartOfTheFormat() {
        let augmentation = Augmentation(
            horizontalFlip: 0.5, verticalFlip: 0.5, quarterTurns: 0.5)
        let bits = (0..<12).map { sample -> Int in
            let movement = augmentation.movement(
                for: .init(seed: 1, member: 2, epoch: 3, sample: sample), isSquare: true)
            return (movement.flipsHorizontally ? 100 : 0) + (movement.flipsVertically ? 10 : 0)
                + movement.quarterTurns
        }
        // Drawn one after another from the stream itself, as the first release did.
        let expected = (0..<12).map { sample -> Int in
            var stream = RandomStream(
                seed: 1, purpose: .augmentation, member: 2, epoch: 3, sample: sample)
            let horizontal = stream.uniform() < 0.5
            let vertical = stream.uniform() < 0.5
            let turns = stream.uniform() < 0.5
            let angle = 1 + stream.index(below: 3)
            return (horizontal ? 100 : 0) + (vertical ? 10 : 0) + (turns ? angle : 0)
        }
        #expect(bits == expected)
    }

    static let everything = """
        {"horizontal-flip": 0.5, "vertical-flip": 0.5, "quarter-turns": 0.5, "fill": "reflect",
         "shift-scale-rotate": {"probability": 0.5, "shift": 0.1, "scale": 0.2, "rotate": 30},
         "zoom": {"probability": 0.5, "range": [0.5, 2]},
         "translate": {"probability": 0.5, "range": 0.25},
         "grid-distortion": {"probability": 0.5, "steps": 3, "limit": 0.4},
         "optical-distortion": {"probability": 0.5, "limit": 0.6},
         "elastic": {"probability": 0.5, "alpha": 40, "sigma": 3},
         "paste": {"probability": 0.5, "classes": ["a", "b"], "region": "component",
                   "feather": 2},
         "mix": {"probability": 0.5, "area": [0.2, 0.3]},
         "brightness": {"probability": 0.5, "limit": 0.3},
         "contrast": {"probability": 0.5, "limit": 0.4},
         "noise": {"probability": 0.5, "limit": 0.5}}
        """

    private func decoded(_ json: String) throws -> Augmentation {
        try JSONDecoder().decode(Augmentation.self, from: Data(json.utf8))
    }

    @Test func settingsAreKept() throws {
        let all = try decoded(Self.everything)
        #expect(all.elastic?.alpha == 40 && all.zoom?.range == 0.5...2)
        #expect(all.paste?.classes == .named(["a", "b"]) && all.fill == .reflect)
        #expect(all.paste?.region == .component)
        let again = try JSONDecoder().decode(
            Augmentation.self, from: JSONEncoder().encode(all))
        #expect(again == all)
        let keys = try #require(
            JSONSerialization.jsonObject(with: Data(Self.everything.utf8)) as? [String: Any]
        ).keys.filter { $0 != "fill" }
        #expect(Set(all.transforms.map(\.key)) == Set(keys))
        // Off by default, and then not written, so that earlier manifests stay as they are.
        let plain = try JSONEncoder().encode(Augmentation(horizontalFlip: 0.5))
        let names = try #require(JSONSerialization.jsonObject(with: plain) as? [String: Any]).keys
        #expect(names.sorted() == ["horizontal-flip", "quarter-turns", "vertical-flip"])
        #expect(Augmentation().transforms.isEmpty)
    }

    @Test func aProbabilityAloneTakesTheDefaults() throws {
        let short = try decoded(
            #"{"elastic": 0.25, "zoom": 0.5, "mix": 1, "paste": 0.1, "noise": 1}"#)
        #expect(short.elastic?.probability == 0.25)
        #expect(short.elastic?.alpha == 34 && short.elastic?.sigma == 4)
        #expect(short.zoom?.range == 0.8...1.25 && short.mix?.area == 0.1...0.5)
        #expect(short.paste?.classes == .rare && short.paste?.feather == 0)
        #expect(short.paste?.region == .whole)
        #expect(
            !String(decoding: try JSONEncoder().encode(short), as: UTF8.self).contains("region"))
        #expect(short.noise?.limit == 0.2)
        #expect(try decoded(#"{"paste": {"probability": 1, "classes": "rare"}}"#) != short)
    }

    @Test(arguments: [
        #"{"horizontal-flip": 2}"#, #"{"flip": 0.5}"#, #"{"elastic": 1.5}"#, #"{"elastic": -0.1}"#,
        #"{"elastic": {"alpha": 3}}"#, #"{"elastic": {"probability": 1, "sigma": 0}}"#,
        #"{"elastic": {"probability": 1, "sigm": 4}}"#, #"{"elastic": "often"}"#,
        #"{"zoom": {"probability": 1, "range": [2, 1]}}"#,
        #"{"zoom": {"probability": 1, "range": [0, 1]}}"#,
        #"{"zoom": {"probability": 1, "range": [1]}}"#,
        #"{"translate": {"probability": 1, "range": 1.5}}"#,
        #"{"shift-scale-rotate": {"probability": 1, "scale": 1}}"#,
        #"{"shift-scale-rotate": {"probability": 1, "rotate": 181}}"#,
        #"{"grid-distortion": {"probability": 1, "steps": 1}}"#,
        #"{"grid-distortion": {"probability": 1, "limit": 1}}"#,
        #"{"optical-distortion": {"probability": 1, "limit": 2}}"#,
        #"{"paste": {"probability": 1, "classes": "common"}}"#,
        #"{"paste": {"probability": 1, "classes": []}}"#,
        #"{"paste": {"probability": 1, "feather": -1}}"#,
        #"{"paste": {"probability": 1, "region": "object"}}"#,
        #"{"mix": {"probability": 1, "area": [0.5, 1.5]}}"#,
        #"{"noise": {"probability": 1, "limit": -1}}"#, #"{"fill": "black"}"#,
    ])
    func whatMakesNoSenseIsRefused(json: String) throws {
        #expect(throws: DecodingError.self) { _ = try decoded(json) }
    }

    private static func sample(nodata: Bool = false) -> Sample {
        var image = Fixtures.image(bands: 2, modulus: 251, height: 24, width: 24)
        let count = image.pixelCount
        if nodata { image.nodata = (0..<count).map { $0 % 24 < 5 ? 1 : 0 } }
        let labels = (0..<count).map { pixel -> UInt8 in
            let (row, column) = (pixel / 24, pixel % 24)
            return UInt8((row / 5 + column / 7) % 3)
        }
        return Sample(
            id: "a", group: "a", image: image,
            target: .labels(LabelMap(height: 24, width: 24, labels: labels)),
            originalSize: ImageSize(height: 24, width: 24))
    }

    private static let spatial: [(String, String, [String])] = [
        ("shift-scale-rotate", "shift", ["0", "0.5"]),
        ("shift-scale-rotate", "scale", ["0", "0.5"]),
        ("shift-scale-rotate", "rotate", ["0", "90"]),
        ("zoom", "range", ["[0.5, 0.6]", "[1.5, 1.6]"]), ("translate", "range", ["0.1", "0.5"]),
        ("grid-distortion", "steps", ["2", "6"]), ("grid-distortion", "limit", ["0.2", "0.8"]),
        ("optical-distortion", "limit", ["0.2", "0.9"]), ("elastic", "alpha", ["20", "80"]),
        ("elastic", "sigma", ["2", "5"]),
    ]

    @Test(arguments: spatial)
    func everySettingCounts(key: String, setting: String, values: [String]) throws {
        let results = try values.map { value in
            try decoded(#"{"\#(key)": {"probability": 1, "\#(setting)": \#(value)}}"#)
                .moved(Self.sample(), for: .init(seed: 1, member: 0, epoch: 1, sample: 0))
        }
        #expect(results[0].image != results[1].image)
        #expect(results[0].target != results[1].target)
    }

    @Test func fillDecidesAboutTheOutside() throws {
        let draw = Augmentation.Draw(seed: 1, member: 0, epoch: 1, sample: 0)
        let sample = Self.sample()
        func moved(_ fill: String) throws -> Sample {
            try decoded(
                #"{"fill": "\#(fill)", "zoom": {"probability": 1, "range": [0.5, 0.5]}}"#
            ).moved(sample, for: draw)
        }
        let ignoring = try moved("ignore")
        let reflecting = try moved("reflect")
        #expect(ignoring.image == reflecting.image)
        // Half the size: three quarters of the pixels lie outside.
        #expect(ignoring.target.ignoredPixels.count { $0 == 1 } == 24 * 24 * 3 / 4)
        #expect(!reflecting.target.ignoredPixels.contains(1))
    }

    /// Images are interpolated, so their values stay between those that were there; truths keep theirs.
    @Test func nothingIsInvented() throws {
        let all = try decoded(Self.everything)
        var changed = 0
        for index in 0..<40 {
            let sample = Self.sample(nodata: index % 2 == 0)
            let moved = all.moved(
                sample, for: .init(seed: 4, member: 0, epoch: 1, sample: index))
            let range = try #require(sample.image.values.min())...sample.image.values.max()!
            #expect(moved.image.values.allSatisfy { range.contains($0) })
            guard case .labels(let map) = moved.target else { return }
            #expect(map.labels.allSatisfy { $0 < 3 || $0 == LabelMap.ignore })
            // Where an image carries no data, nothing is known.
            for (pixel, isMissing) in (moved.image.nodata ?? []).enumerated() where isMissing == 1 {
                #expect(map.labels[pixel] == LabelMap.ignore)
            }
            changed += moved.image != sample.image ? 1 : 0
        }
        #expect(changed > 30)
    }

    /// One transform's settings change nothing in what another one draws.
    @Test func transformsDrawForThemselves() throws {
        let draw = Augmentation.Draw(seed: 5, member: 1, epoch: 2, sample: 3)
        let sample = Self.sample()
        let rotate = #""shift-scale-rotate": {"probability": 1, "shift": 0, "scale": 0}"#
        let alone = try decoded("{\(rotate)}").moved(sample, for: draw)
        for other in [
            #""elastic": 0"#, #""zoom": 0"#, #""paste": 1"#, #""noise": 1"#, #""mix": 1"#,
        ] {
            #expect(
                try decoded("{\(rotate), \(other)}").moved(sample, for: draw).image == alone.image)
        }
        let streams = [
            draw.stream(.zoom), draw.stream(.noise), draw.partner(for: .mix).stream(.zoom),
            draw.partner(for: .paste).stream(.zoom), draw.partner(for: .mix).stream(.gridMovement),
        ].map { stream -> UInt64 in
            var copy = stream
            return copy.next()
        }
        #expect(Set(streams).count == streams.count)
    }

    @Test func intensitiesAreInDeviationsOfTheBand() throws {
        let count = 10_000
        let draw = Augmentation.Draw(seed: 5, member: 1, epoch: 2, sample: 3)
        let image = BandImage(
            bands: 2, height: 100, width: 100,
            values: (0..<2 * count).map { $0 % count < 10 ? 0 : Float($0 % 7) / 3 - 1 },
            nodata: (0..<count).map { $0 < 10 ? 1 : 0 })
        func changed(_ json: String) throws -> [Float] {
            var copy = image
            try decoded(json).changeIntensity(of: &copy, for: draw)
            #expect((0..<10).allSatisfy { copy.values[$0] == 0 && copy.values[count + $0] == 0 })
            return copy.values
        }
        let known = (0..<2 * count).filter { $0 % count >= 10 }
        let bright = try changed(#"{"brightness": {"probability": 1, "limit": 0.5}}"#)
        let shift = bright[20] - image.values[20]
        #expect(shift != 0 && abs(shift) <= 0.5)
        #expect(known.allSatisfy { abs(bright[$0] - image.values[$0] - shift) < 1e-6 })
        let strong = try changed(#"{"contrast": {"probability": 1, "limit": 0.5}}"#)
        let factor = strong[21] / image.values[21]
        #expect(factor != 1 && abs(factor - 1) <= 0.5)
        #expect(known.allSatisfy { abs(strong[$0] - image.values[$0] * factor) < 1e-6 })
        let noisy = try changed(#"{"noise": {"probability": 1, "limit": 2}}"#)
        let noise = known.map { Double(noisy[$0] - image.values[$0]) }
        let deviation = (noise.reduce(0) { $0 + $1 * $1 } / Double(noise.count)).squareRoot()
        #expect(deviation > 0.01 && deviation < 2.1)
        #expect(abs(noise.reduce(0, +) / Double(noise.count)) < 4 * deviation / 141)
        // 68.3 % and 95.4 % of normal numbers lie within one and two deviations.
        for (times, share) in [(1.0, 0.6827), (2.0, 0.9545)] {
            let inside = noise.count { abs($0) < times * deviation }
            #expect(abs(Double(inside) / Double(noise.count) - share) < 0.012)
        }
        for key in ["brightness", "contrast", "noise"] {
            let values = try [0.1, 0.4].map {
                try changed(#"{"\#(key)": {"probability": 1, "limit": \#($0)}}"#)
            }
            // Compared first: a failure would list every difference.
            let areDifferent = values[0] != values[1]
            #expect(areDifferent)
            #expect(
                try changed(#"{"\#(key)": {"probability": 0, "limit": 1}}"#)[30] == image.values[30]
            )
        }
    }
}
