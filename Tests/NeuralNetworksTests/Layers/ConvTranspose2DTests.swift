import NeuralNetworks
import TensorCore
import TestSupport
import Testing

@Suite struct ConvTranspose2DTests {
    struct Entry: Decodable {
        var name: String
        var shape: [Int]
        var output: [Double]
    }

    @Test func agreesWithPyTorch() throws {
        let entries = try Golden.load("ops", as: [Entry].self)
        let golden = try #require(entries.first { $0.name == "transposed convolution stride 2" })
        var initializer = ParameterInitializer(seed: 1)
        var layer = ConvTranspose2D(3, 4, kernel: 2, stride: 2, from: &initializer)
        layer.weight.tensor = ClosedForm.single("t", [3, 4, 2, 2]).tensor()
        layer.bias.tensor = ClosedForm.single("b", [4]).tensor()
        for backend in Backends.all {
            let output = ComputeThread.shared.run {
                let x = Variable(ClosedForm.single("x", [2, 3, 6, 5]).tensor())
                return layer(x, in: .inference(backend)).tensor
            }
            #expect(output.shape.dimensions == golden.shape)
            #expect(Comparison.error(output.values.map(Double.init), golden.output) < 1e-6)
        }
    }
}
