/// Which convolution algorithm each shape uses: part of a run, stored at its start and used by every
/// member and on resume, so that timing noise never changes a result.
public struct KernelTable: Codable, Hashable, Sendable {
    public enum Algorithm: String, Codable, CaseIterable, Sendable {
        case direct
        /// F(4x4, 3x3) of Lavin and Gray (2016): fewer multiplications, an error near 1e-4 of the
        /// largest value. oneDNN's, which AVX-512 alone has.
        case winograd
        /// The same by our own kernels, for large maps; AVX2 has it too.
        case winogradByTiles = "winograd-tiles"
        /// The same by our own kernels, for small maps of many channels.
        case winogradByPanels = "winograd-panels"
    }

    /// Algorithm by pass and shape.
    public var choices: [String: Algorithm]

    public init(choices: [String: Algorithm] = [:]) { self.choices = choices }
}

/// One convolution pass as the table names it.
struct ConvolutionKey: Hashable {
    enum Pass: String { case forward, inputGradient, weightGradient }

    var pass: Pass
    var input: Shape
    var weight: Shape
    var geometry: ConvolutionGeometry
    var hasBias: Bool
    /// ReLU of the result in the same pass.
    var relu = false
    var inputLayout: Layout
    var outputLayout: Layout
    var algorithm: KernelTable.Algorithm = .direct

    /// Winograd exists for 3x3 kernels that move by one.
    var mayUseWinograd: Bool {
        weight[2] == 3 && weight[3] == 3 && geometry.stride == 1 && geometry.dilation == 1
            && geometry.padding <= 1 && weight[0] >= 16 && weight[1] >= 16
    }

    /// The name in a stored table. The batch is left out, so that an epoch's last, smaller batch
    /// computes as the others do; layouts follow from the processor, which is stored beside it.
    var name: String {
        let shape = input.dimensions.dropFirst().map(String.init).joined(separator: "x")
        let kernel = weight.dimensions.map(String.init).joined(separator: "x")
        return "\(pass.rawValue) \(shape) \(kernel) p\(geometry.padding)"
    }

    /// The name under which a timing is remembered: how many images there were matters to it.
    var nameWithImages: String { "\(input[0]) x \(name)" }
}
