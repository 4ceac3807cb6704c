import Foundation
import TensorCore
import Testing

@testable import Ensembling

@Suite struct TemperatureSearchTests {
    /// Margins of logits whose truth was drawn at another temperature.
    private static func image(
        _ number: Int, temperature: Double, classes: Int, entries: Int = 8000
    ) -> TemperatureSearch.Image {
        var stream = RandomStream(seed: 21, purpose: .test, sample: number)
        var margins: [Float] = []
        for _ in 0..<entries {
            // For one class: its logit, against none.
            let logits = (0..<classes).map { $0 == 0 ? 0 : stream.uniform(-5, 5) }
            let odds = logits.map { exp($0 / temperature) }
            var left = stream.uniform() * odds.reduce(0, +)
            let truth =
                odds.firstIndex {
                    left -= $0
                    return left < 0
                } ?? classes - 1
            for k in 0..<classes where k != truth {
                margins.append(Float(logits[k] - logits[truth]))
            }
        }
        return .init(margins: margins, others: classes - 1)
    }

    @Test(arguments: [(0.5, 2), (1.0, 2), (2.5, 2), (3.0, 4), (0.7, 3)])
    func theTemperatureIsFound(_ temperature: Double, _ classes: Int) throws {
        let images = (0..<3).map {
            Self.image($0 + classes * 10, temperature: temperature, classes: classes)
        }
        let found = try #require(TemperatureSearch(images))
        #expect(abs(found.temperature / temperature - 1) < 0.06, "\(found.temperature)")
        #expect(found.loss <= found.plainLoss)
        for factor in [0.98, 1.02] {
            let other = TemperatureSearch.logLoss(images, found.temperature * factor)
            #expect(other >= found.loss)
        }
    }

    @Test func itKeepsToItsRange() throws {
        // Always right, and always wrong.
        let right = try #require(TemperatureSearch([.init(margins: [-2, -3], others: 1)]))
        #expect(abs(right.temperature - 0.05) < 1e-6)
        let wrong = try #require(TemperatureSearch([.init(margins: [2, 3], others: 1)]))
        #expect(abs(wrong.temperature - 20) < 1e-4)
        #expect(Tempering.range.contains(right.temperature))
        #expect(Tempering.range.contains(wrong.temperature))
        // Nothing to gain.
        let flat = try #require(TemperatureSearch([.init(margins: [0, 0], others: 1)]))
        #expect(flat.temperature == 1 && flat.loss == flat.plainLoss)
        #expect(TemperatureSearch([]) == nil)
        #expect(TemperatureSearch([.init(margins: [], others: 1)]) == nil)
    }
}
