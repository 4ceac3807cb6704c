import NeuralNetworks
import TensorCore
import TestSupport
import Testing

/// A layer's output and gradients by PyTorch (scripts/golden/blocks.py).
struct LayerGolden: Decodable {
    var name: String
    var input: [Int]
    var output: [Double]
    /// Of `x` and of the parameters by state name.
    var gradients: [String: [Double]]

    /// Checks a layer on both back ends and in three layouts, its state filled as the script fills it.
    static func check<Layer: Module>(
        _ name: String, _ layer: Layer,
        _ forward: (Layer, Variable, ForwardContext) -> Variable
    ) throws {
        let golden = try #require(
            try Golden.load("layers", as: [LayerGolden].self).first { $0.name == name })
        var layer = layer
        layer.replaceState { entry in
            let name = entry.path.joined(separator: ".")
            let shape = entry.tensor.shape
            let values = ClosedForm.uniform(name, count: shape.count).map { value in
                switch name.split(separator: ".").last {
                case _ where shape.rank == 4:
                    value * (6 / Double(shape.count / shape[0])).squareRoot()
                case "running_var": 1 + 0.3 * value
                case "a", "b": 0.6 + 0.2 * value
                case "weight": 1 + 0.2 * value
                case "bias": 1 + 0.1 * value
                default: 0.1 * value
                }
            }
            return Tensor(values.map { Float($0) }, shape: shape)
        }
        let leaves = layer.stateEntries().filter(\.isParameter)
        #expect(Set(leaves.map(\.name) + ["x"]) == Set(golden.gradients.keys))
        let x = ClosedForm.uniform("x", count: Shape(golden.input).count).map {
            Float(Double(Float($0)) * 3 + 1)
        }
        for backend in Backends.all {
            for layout in [Layout.plain, .channelBlocked(8), .channelBlocked(16)] {
                let input = Tensor(x, shape: Shape(golden.input)).converted(to: layout)
                let id = LeafID()
                let (output, gradients) = ComputeThread.shared.run {
                    let context = ForwardContext.training(backend)
                    let variable = context.tape?.leaf(id, input) ?? Variable(input)
                    let output = forward(layer, variable, context)
                    let seed = ClosedForm.single("seed", output.shape).tensor()
                    let gradients = context.tape?.gradients(
                        of: output, seed: seed, backend: backend)
                    return (output.tensor.values, gradients ?? [:])
                }
                let place = "\(name), \(backend.name), \(layout)"
                #expect(
                    Comparison.error(output.map(Double.init), golden.output) < 1e-5, "\(place)")
                for (leaf, id) in [("x", id)] + leaves.map({ ($0.name, $0.id) }) {
                    let gradient = try #require(gradients[id], "\(leaf), \(place)")
                    let expected = try #require(golden.gradients[leaf])
                    #expect(
                        Comparison.error(gradient.values.map(Double.init), expected) < 1e-4,
                        "\(leaf), \(place)")
                }
            }
        }
    }
}
