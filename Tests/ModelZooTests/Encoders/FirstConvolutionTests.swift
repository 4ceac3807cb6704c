import DurableFiles
import TensorCore
import Testing

@testable import ModelZoo

/// How a first convolution of three bands meets other bands.
@Suite struct FirstConvolutionTests {
    /// Two outputs, one tap: red, green, blue.
    private let pretrained = Tensor([1, 10, 100, 2, 20, 200], shape: [2, 3, 1, 1])

    private func adapt(
        _ bands: [String], _ rule: FirstConvolution.Rule,
        _ named: [String: FirstConvolution.Source] = [:]
    ) throws -> (values: [Float], note: String?) {
        let random = Tensor(repeating: -7, shape: [2, bands.count, 1, 1])
        let result = try FirstConvolution.adapt(
            pretrained, random: random, bands: bands, rule: rule, named: named)
        return (result.kernel.values, result.description)
    }

    @Test func threeBandsStayAsTheyAre() throws {
        let result = try adapt(["r", "g", "b"], .cyclic)
        #expect(result.values == pretrained.values)
        #expect(result.note == nil)
    }

    /// segmentation_models.pytorch's rule: one band is a sum; others repeat, times 3 over their number.
    @Test func otherBandsRepeat() throws {
        #expect(try adapt(["x"], .cyclic).values == [111, 222])
        #expect(try adapt(["a", "b"], .cyclic).values == [1.5, 15, 3, 30])
        let four = try adapt(["r", "g", "b", "sar"], .cyclic)
        #expect(four.values == [0.75, 7.5, 75, 0.75, 1.5, 15, 150, 1.5])
        #expect(four.note?.contains("sar: r") == true)
        #expect(four.note?.contains("3/4") == true)
    }

    @Test func meansAndRandomStarts() throws {
        #expect(try adapt(["a"], .mean).values == [111, 222])
        #expect(try adapt(["a", "b", "c"], .mean).values == [37, 37, 37, 74, 74, 74])
        #expect(try adapt(["a", "b"], .random).values == [-7, -7, -7, -7])
    }

    @Test func bandsTakeWhatTheyAreGiven() throws {
        let result = try adapt(
            ["sar", "b", "r"], .random, ["b": .blue, "r": .red, "sar": .mean])
        #expect(result.values == [37, 100, 1, 74, 200, 2])
        let mixed = try adapt(["x", "y", "z"], .random, ["y": .green])
        #expect(mixed.values == [-7, 10, -7, -7, 20, -7])
    }

    @Test func whatDoesNotFitIsRefused() {
        #expect(throws: FloeError.self) { _ = try adapt(["r"], .cyclic, ["sar": .mean]) }
        #expect(throws: FloeError.self) {
            _ = try FirstConvolution.adapt(
                Tensor(repeating: 1, shape: [2, 4, 1, 1]),
                random: Tensor(repeating: 0, shape: [2, 3, 1, 1]), bands: ["r", "g", "b"],
                rule: .cyclic, named: [:])
        }
    }
}
