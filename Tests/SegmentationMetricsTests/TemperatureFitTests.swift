import Foundation
import SegmentationMetrics
import TensorCore
import TestSupport
import Testing

/// Temperatures against scipy (scripts/golden/temperature.py).
@Suite struct TemperatureFitTests {
    struct Entry: Decodable, Sendable, CustomStringConvertible {
        var name: String
        /// 1 for sigmoid.
        var classes: Int
        var pixels: Int
        var scale: Double
        var counted: Int
        var truth: [UInt8]
        var temperature: Double
        var logLossBefore: Double
        var logLoss: Double

        var description: String { name }

        /// `[pixel, class]`.
        var logits: [Float] {
            ClosedForm.uniform("\(name)-logits", count: pixels * classes)
                .map { Float(Double(Float($0)) * scale) }
        }

        func image(_ logits: [Float]) -> TemperatureFit.Image {
            classes == 1
                ? .sigmoid(logits: logits, truth: truth)
                : .softmax(
                    logits: TemperatureFitTests.planes(logits, classes), truth: truth,
                    classes: classes)
        }

        func fit(_ logits: [Float]) -> TemperatureFit? { TemperatureFit([image(logits)]) }
    }

    /// `[class][pixel]` of `[pixel, class]`.
    static func planes(_ logits: [Float], _ classes: Int) -> [Float] {
        (0..<classes).flatMap { label in
            stride(from: label, to: logits.count, by: classes).map { logits[$0] }
        }
    }

    private static func softmax(_ logits: [Float], _ truth: [UInt8], classes: Int)
        -> TemperatureFit?
    {
        TemperatureFit([
            .softmax(logits: planes(logits, classes), truth: truth, classes: classes)
        ])
    }

    static let entries = (try? Golden.load("temperature", as: [Entry].self)) ?? []

    @Test func theGoldensAreThere() { #expect(Self.entries.count == 6) }

    @Test(arguments: entries)
    func fitsAreScipys(_ entry: Entry) throws {
        let fit = try #require(entry.fit(entry.logits))
        expectEqual(fit.temperature, entry.temperature, "temperature")
        expectEqual(fit.logLossBefore, entry.logLossBefore, "loss before")
        expectEqual(fit.logLoss, entry.logLoss, "loss")
        #expect(entry.image(entry.logits).pixels == entry.counted)
        expectEqual(
            TemperatureFit.logLoss([entry.image(entry.logits)], at: fit.temperature), entry.logLoss,
            "loss at")
    }

    @Test(arguments: entries)
    func aScaleOfTheLogitsIsTheTemperature(_ entry: Entry) throws {
        let fit = try #require(entry.fit(entry.logits))
        for scale in [Float(0.5), 2, 4]
        where TemperatureFit.range.contains(fit.temperature * Double(scale)) {
            let scaled = try #require(entry.fit(entry.logits.map { $0 * scale }))
            #expect(abs(scaled.temperature / fit.temperature / Double(scale) - 1) < 1e-9)
            expectEqual(scaled.logLoss, fit.logLoss, "loss at \(scale)")
        }
        // What is calibrated stays.
        let calibrated = try #require(
            entry.fit(entry.logits.map { Float(Double($0) / fit.temperature) }))
        #expect(abs(calibrated.temperature - 1) < 1e-6)
    }

    /// Logarithms of probabilities are logits less a constant of the pixel.
    @Test(arguments: entries)
    func logProbabilitiesFitAsLogitsDo(_ entry: Entry) throws {
        guard entry.classes > 1 else { return }
        let logits = entry.logits
        var logProbabilities = logits
        for pixel in 0..<entry.pixels {
            let own = pixel * entry.classes..<(pixel + 1) * entry.classes
            let total = log(logits[own].reduce(0) { $0 + exp(Double($1)) })
            for index in own { logProbabilities[index] = Float(Double(logits[index]) - total) }
        }
        let fit = try #require(entry.fit(logProbabilities))
        #expect(abs(fit.temperature / entry.temperature - 1) < 1e-6)
    }

    @Test func aKnownTemperatureIsRecovered() throws {
        var stream = RandomStream(seed: 21, purpose: .test)
        for temperature in [0.4, 1, 2.5] {
            var (logits, truth) = ([Float](), [UInt8]())
            for _ in 0..<20_000 {
                let calibrated = (0..<3).map { _ in 2 * stream.normal() }
                let weights = calibrated.map { exp($0) }
                let place = stream.uniform() * weights.reduce(0, +)
                truth.append(
                    place < weights[0] ? 0 : place < weights[0] + weights[1] ? 1 : 2)
                logits += calibrated.map { Float($0 * temperature) }
            }
            let fit = try #require(
                Self.softmax(logits, truth, classes: 3))
            #expect(abs(fit.temperature / temperature - 1) < 0.04)
        }
    }

    @Test func theLossNeverRises() throws {
        var stream = RandomStream(seed: 22, purpose: .test)
        for trial in 0..<200 {
            let classes = 2 + stream.index(below: 4)
            let pixels = 1 + stream.index(below: 12)
            let scale = exp(6 * stream.uniform() - 3)
            let logits = (0..<pixels * classes).map { _ in Float(stream.normal() * scale) }
            let truth = (0..<pixels).map { _ in UInt8(stream.index(below: classes)) }
            let fit = try #require(
                Self.softmax(logits, truth, classes: classes))
            #expect(fit.logLoss <= fit.logLossBefore, "\(trial)")
            #expect(
                TemperatureFit.range.contains(fit.temperature), "\(trial)")
        }
    }

    /// All right: the sharper the better. All wrong: the flatter the better.
    @Test func whatKnowsNoEndStopsAtTheEnds() throws {
        let right = try #require(
            Self.softmax([2, 0, 0, 1], [0, 1], classes: 2))
        #expect(right.temperature == 0.05)
        let wrong = try #require(
            Self.softmax([2, 0, 0, 1], [1, 0], classes: 2))
        #expect(wrong.temperature == 20)
        #expect(
            try #require(TemperatureFit([.sigmoid(logits: [-90], truth: [0])])).temperature == 1)
    }

    @Test func equalLogitsKeepTheirTemperature() throws {
        let flat = try #require(
            Self.softmax([3, 3, -1, -1], [0, 1], classes: 2))
        #expect(flat.temperature == 1 && flat.logLoss == flat.logLossBefore)
        expectEqual(flat.logLoss, log(2), "loss")
        let single = try #require(Self.softmax([5], [0], classes: 1))
        #expect(single.temperature == 1 && single.logLoss == 0)
    }

    /// Each image counts alike, however many pixels it has.
    @Test func imagesCountAlike() throws {
        var entries = Self.entries.filter { $0.classes > 1 }.map { $0.image($0.logits) }
        let fit = try #require(TemperatureFit(entries))
        let losses = try entries.map {
            try #require(TemperatureFit.logLoss([$0], at: fit.temperature))
        }
        expectEqual(fit.logLoss, losses.reduce(0, +) / Double(losses.count), "mean")
        for factor in [0.99, 1.01] {
            let other = TemperatureFit.logLoss(entries, at: fit.temperature * factor)
            #expect(try #require(other) > fit.logLoss)
        }
        // An image without a pixel is none.
        entries.append(.sigmoid(logits: [3], truth: [255]))
        #expect(TemperatureFit(entries) == fit)
        #expect(TemperatureFit([]) == nil && TemperatureFit.logLoss([], at: 1) == nil)
    }

    @Test func ignoredPixelsMayHoldAnything() throws {
        #expect(TemperatureFit([.sigmoid(logits: [.nan, 3], truth: [255, 255])]) == nil)
        #expect(Self.softmax([], [], classes: 3) == nil)
        let some: [Float] = [1, 0, -0.5, 2, 0.3, 0.1]
        let with = Self.softmax(some + [.infinity, .nan], [0, 0, 1, 255], classes: 2)
        #expect(with == Self.softmax(some, [0, 0, 1], classes: 2))
    }

    @Test func whatIsNotFiniteStops() async {
        await #expect(processExitsWith: .failure) {
            _ = Self.softmax([.infinity, 0], [1], classes: 2)
        }
    }
}
