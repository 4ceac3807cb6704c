import NeuralNetworks
import TensorCore

/// The plain U-Net (Ronneberger et al. 2015) in milesial's topology and names; base width and depth
/// are free.
public struct UNet: SegmentationNetwork {
    public let configuration: ModelConfiguration
    public var isEncoderFrozen = false
    private var body: UNetBody
    private var outc: Conv2D
    private var classificationHead: ClassificationHead?

    init(_ configuration: ModelConfiguration, from initializer: inout ParameterInitializer) {
        self.configuration = configuration
        body = UNetBody(configuration, from: &initializer)
        outc = Conv2D(
            configuration.baseWidth, configuration.classes, kernel: 1, from: &initializer)
        classificationHead = configuration.imageHead.map {
            ClassificationHead(
                $0, channels: UNetBody.deepestChannels(configuration),
                classes: configuration.classes, from: &initializer)
        }
    }

    public func output(_ image: Variable, in context: ForwardContext) -> NetworkOutput {
        let maps = body([image], in: context)
        return NetworkOutput(
            logits: outc(maps.finest, in: context),
            presence: classificationHead.map { $0(maps.deepest, in: context) })
    }

    public mutating func visitState(_ visitor: inout some StateVisitor) {
        body.visitState(&visitor)
        visitor.enter("outc")
        visitor.child("conv", &outc)
        visitor.leave()
        visitor.child("classification_head", &classificationHead)
    }
}

/// The plain U-Net without heads.
struct UNetBody: Module {
    private var inc: DoubleConv
    private var down: [DoubleConv] = []
    private var up: [UpBlock] = []
    private let dropout: Double

    /// Channels of the map at the bottom.
    static func deepestChannels(_ configuration: ModelConfiguration) -> Int {
        (configuration.baseWidth << configuration.levels)
            / (configuration.upsampling == .bilinear ? 2 : 1)
    }

    init(_ configuration: ModelConfiguration, from initializer: inout ParameterInitializer) {
        let base = configuration.baseWidth
        let levels = configuration.levels
        // The bilinear variant halves the bottom, since its upsampling has no weights to do it.
        let factor = configuration.upsampling == .bilinear ? 2 : 1
        let options = configuration.blocks
        dropout = options?.dropout ?? 0
        inc = DoubleConv(configuration.bands, base, options: options, from: &initializer)
        for level in 1...levels {
            let output = (base << level) / (level == levels ? factor : 1)
            down.append(
                DoubleConv(
                    base << (level - 1), output, options: options,
                    dilation: level == levels ? options?.dilation ?? 1 : 1, from: &initializer))
        }
        for level in (0..<levels).reversed() {
            let output = (base << level) / (level == 0 ? 1 : factor)
            up.append(
                UpBlock(
                    base << (level + 1), output, upsampling: configuration.upsampling,
                    options: options, from: &initializer))
        }
    }

    /// - Parameter inputs: maps side by side along the channels, such as an image alone.
    /// - Returns: the map at the bottom, and the decoder's last at full resolution.
    func callAsFunction(
        _ inputs: [Variable], in context: ForwardContext
    ) -> (deepest: Variable, finest: Variable) {
        var maps = [inc(inputs, in: context)]
        for block in down {
            let halved = context.maxPool(maps[maps.count - 1], PoolingGeometry(window: 2))
            maps.append(block([halved], in: context))
        }
        let deepest = maps.removeLast()
        var current = deepest
        for block in up {
            // The deepest map, and that of every decoder block but the last, which the head reads.
            current = context.spatialDropout(current, probability: dropout)
            current = block(current, skip: maps.removeLast(), in: context)
        }
        return (deepest, current)
    }

    mutating func visitState(_ visitor: inout some StateVisitor) {
        visitor.child("inc", &inc)
        for index in down.indices {
            visitor.enter("down\(index + 1)")
            visitor.enter("maxpool_conv")
            visitor.child("1", &down[index])
            visitor.leave()
            visitor.leave()
        }
        for index in up.indices { visitor.child("up\(index + 1)", &up[index]) }
    }
}

/// Twice a 3x3 convolution, norm and ReLU, then attention where the options have it.
struct DoubleConv: Module {
    private var convolutions: [Conv2D]
    private var norms: [Norm2D]
    private var attention: BlockAttention?

    init(
        _ input: Int, _ output: Int, inner: Int? = nil, options: BlockOptions? = nil,
        dilation: Int = 1, from initializer: inout ParameterInitializer
    ) {
        let inner = inner ?? output
        let norm = options?.norm ?? .batch
        // A norm's own shift makes a bias before it useless.
        convolutions = [
            Conv2D(
                input, inner, kernel: 3, dilation: dilation, bias: norm == .none,
                from: &initializer),
            Conv2D(
                inner, output, kernel: 3, dilation: dilation, bias: norm == .none,
                from: &initializer),
        ]
        norms = [Norm2D(norm, inner), Norm2D(norm, output)]
        attention = BlockAttention(options, channels: output, from: &initializer)
    }

    /// - Parameter inputs: maps side by side along the channels.
    func callAsFunction(_ inputs: [Variable], in context: ForwardContext) -> Variable {
        let inner = convolutions[0](inputs, norm: norms[0], relu: true, in: context)
        let output = convolutions[1]([inner], norm: norms[1], relu: true, in: context)
        return attention.map { $0(output, in: context) } ?? output
    }

    mutating func visitState(_ visitor: inout some StateVisitor) {
        visitor.enter("double_conv")
        visitor.child("0", &convolutions[0])
        visitor.child("1", &norms[0])
        visitor.child("3", &convolutions[1])
        visitor.child("4", &norms[1])
        visitor.leave()
        visitor.child("attention", &attention)
    }
}

/// Upsample by two, join with the skip connection (skip first), convolve twice.
struct UpBlock: Module {
    private var up: ConvTranspose2D?
    private var conv: DoubleConv

    init(
        _ input: Int, _ output: Int, upsampling: ModelConfiguration.Upsampling,
        options: BlockOptions? = nil, from initializer: inout ParameterInitializer
    ) {
        switch upsampling {
        case .transposed:
            up = ConvTranspose2D(input, input / 2, kernel: 2, stride: 2, from: &initializer)
            conv = DoubleConv(input, output, options: options, from: &initializer)
        case .bilinear:
            conv = DoubleConv(
                input, output, inner: input / 2, options: options, from: &initializer)
        }
    }

    func callAsFunction(
        _ x: Variable, skip: Variable, in context: ForwardContext
    ) -> Variable {
        let grown =
            up.map { $0(x, in: context) }
            ?? context.resize(
                x, height: x.shape[2] * 2, width: x.shape[3] * 2, rule: .bilinearAlignedCorners)
        precondition(
            grown.shape[2] == skip.shape[2] && grown.shape[3] == skip.shape[3],
            "the image's sides must be multiples of the network's stride")
        return conv([skip, grown], in: context)
    }

    mutating func visitState(_ visitor: inout some StateVisitor) {
        visitor.child("up", &up)
        visitor.child("conv", &conv)
    }
}
