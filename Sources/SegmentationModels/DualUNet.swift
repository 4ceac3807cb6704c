import NeuralNetworks
import TensorCore

/// Two plain U-Nets of different depth side by side on one image: the deep one sees far, the shallow
/// one keeps what is small.
///
/// What they make is fused at full resolution, where maps of any two depths have one size. Addition
/// and the gate need as many channels of both; where widths differ, a 1x1 convolution brings the
/// local map to the global one's.
public struct DualUNet: SegmentationNetwork {
    public let configuration: ModelConfiguration
    public var isEncoderFrozen = false
    private let fusion: ModelConfiguration.Dual.Fusion
    private var global: UNetBody
    private var local: UNetBody
    /// Heads of their own, where logits are added.
    private var globalHead: Conv2D?
    private var localHead: Conv2D?
    private var projection: Conv2D?
    private var gate: Conv2D?
    private var head: Conv2D?
    private var classificationHead: ClassificationHead?

    init(
        _ configuration: ModelConfiguration, _ dual: ModelConfiguration.Dual,
        from initializer: inout ParameterInitializer
    ) {
        self.configuration = configuration
        fusion = dual.fusion
        let (bands, classes) = (configuration.bands, configuration.classes)
        let (wide, narrow) = (dual.global.width, dual.local.width)
        let continues = fusion == .continueAdd
        let globalConfiguration = configuration.branch(dual.global, bands: bands)
        global = UNetBody(globalConfiguration, from: &initializer)
        local = UNetBody(
            configuration.branch(dual.local, bands: bands + (continues ? classes : 0)),
            from: &initializer)
        if fusion == .add || fusion == .gated, narrow != wide {
            projection = Conv2D(narrow, wide, kernel: 1, from: &initializer)
        }
        switch fusion {
        case .concatenate: head = Conv2D(wide + narrow, classes, kernel: 1, from: &initializer)
        case .add: head = Conv2D(wide, classes, kernel: 1, from: &initializer)
        case .continueAdd:
            globalHead = Conv2D(wide, classes, kernel: 1, from: &initializer)
            localHead = Conv2D(narrow, classes, kernel: 1, from: &initializer)
        case .gated:
            gate = Conv2D(2 * wide, wide, kernel: 1, from: &initializer)
            head = Conv2D(wide, classes, kernel: 1, from: &initializer)
        }
        classificationHead = configuration.imageHead.map {
            ClassificationHead(
                $0, channels: UNetBody.deepestChannels(globalConfiguration), classes: classes,
                from: &initializer)
        }
    }

    public func output(_ image: Variable, in context: ForwardContext) -> NetworkOutput {
        let wide = global([image], in: context)
        return NetworkOutput(
            logits: fused(image, wide.finest, in: context),
            presence: classificationHead.map { $0(wide.deepest, in: context) })
    }

    private func fused(
        _ image: Variable, _ wide: Variable, in context: ForwardContext
    ) -> Variable {
        if let globalHead, let localHead {
            let first = globalHead(wide, in: context)
            let rest = localHead(local([image, first], in: context).finest, in: context)
            return context.add(first, rest)
        }
        guard let head else { preconditionFailure("a dual U-Net has a head") }
        var narrow = local([image], in: context).finest
        if let projection { narrow = projection(narrow, in: context) }
        if let gate {
            return head(
                context.gatedSum(wide, narrow, gate: gate([wide, narrow], in: context)),
                in: context)
        }
        return fusion == .concatenate
            ? head([wide, narrow], in: context) : head(context.add(wide, narrow), in: context)
    }

    public mutating func visitState(_ visitor: inout some StateVisitor) {
        visitor.enter("global")
        global.visitState(&visitor)
        visitor.outc(&globalHead)
        visitor.leave()
        visitor.enter("local")
        local.visitState(&visitor)
        visitor.outc(&localHead)
        visitor.leave()
        visitor.enter("fusion")
        visitor.child("projection", &projection)
        visitor.child("gate", &gate)
        visitor.leave()
        visitor.outc(&head)
        visitor.child("classification_head", &classificationHead)
    }
}

extension StateVisitor {
    /// A 1x1 convolution to logits under milesial's name; nothing where there is none.
    fileprivate mutating func outc(_ head: inout Conv2D?) {
        enter("outc")
        child("conv", &head)
        leave()
    }
}
