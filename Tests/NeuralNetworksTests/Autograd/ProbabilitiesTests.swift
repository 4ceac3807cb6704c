import NeuralNetworks
import TensorCore
import TestSupport
import Testing

@Suite struct ProbabilitiesTests {
    struct Entry: Decodable {
        var name: String
        var output: [Double]
    }

    @Test func agreeWithPyTorch() throws {
        let entries = try Golden.load("ops", as: [Entry].self)
        let logits = ClosedForm.single("x", [2, 3, 6, 5])
        let scaled = ReferenceTensor(logits.values.map { $0 * 4 }, shape: logits.shape)
        let sigmoid = try #require(entries.first { $0.name == "sigmoid" })
        let softmax = try #require(entries.first { $0.name == "softmax" })
        for layout in [Layout.plain, .channelBlocked(16), .channelsLast] {
            let x = scaled.tensor(layout)
            let a = Probabilities.sigmoid(x).values.map(Double.init)
            let b = Probabilities.softmax(x).values.map(Double.init)
            #expect(Comparison.error(a, sigmoid.output) < 1e-6)
            #expect(Comparison.error(b, softmax.output) < 1e-6)
        }
    }

    @Test(arguments: [Float(0), 20, -20, 89, -89, 1e4, -1e4, 3e38, -3e38])
    func largeLogitsStayProbabilities(_ logit: Float) {
        let p = Probabilities.sigmoid(logit)
        #expect(p >= 0 && p <= 1)
        #expect(abs(p - (1 - Probabilities.sigmoid(-logit))) < 1e-7)
        let softmax = Probabilities.softmax(Tensor([logit, 0, -logit], shape: [1, 3, 1, 1])).values
        #expect(abs(softmax.reduce(0, +) - 1) < 1e-6)
        #expect(softmax.allSatisfy { $0 >= 0 && $0 <= 1 })
    }

    @Test func brokenLogitsGiveBrokenProbabilities() {
        #expect(Probabilities.sigmoid(Float.nan).isNaN)
        let softmax = Probabilities.softmax(Tensor([.nan, 0], shape: [1, 2, 1, 1])).values
        #expect(softmax.contains { $0.isNaN })
    }
}
