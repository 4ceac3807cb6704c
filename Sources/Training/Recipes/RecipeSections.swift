import NeuralNetworks
import SegmentationData
import SegmentationMetrics
import SegmentationModels

/// `model:` a name (`unet:16:3`, `unet-resnet18`) or a name with options.
public struct ModelSection: Codable, Hashable, Sendable {
    public var name = "unet:32"
    /// Channels of the decoder's blocks, deepest first; encoder U-Nets only.
    public var decoderChannels: [Int]?
    /// Channels of the encoder's stem; 64 as published.
    public var encoderWidth: Int?

    public init() {}

    private enum CodingKeys: String, CodingKey {
        case name
        case decoderChannels = "decoder-channels"
        case encoderWidth = "encoder-width"
    }

    public init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            name = text
            return
        }
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        name = try keys.decodeIfPresent(String.self, forKey: .name) ?? name
        decoderChannels = try keys.decodeIfPresent([Int].self, forKey: .decoderChannels)
        encoderWidth = try keys.decodeIfPresent(Int.self, forKey: .encoderWidth)
    }

    /// The network for a number of bands and classes.
    ///
    /// - Throws: `ModelConfigurationError` for an unknown name or values out of range.
    public func configuration(bands: Int, classes: Int) throws -> ModelConfiguration {
        var result = try ModelConfiguration(name: name, bands: bands, classes: classes)
        if !result.architecture.hasEncoder, decoderChannels != nil || encoderWidth != nil {
            throw ModelConfigurationError(
                description: "'\(name)' has no encoder, so decoder-channels and encoder-width "
                    + "do not apply")
        }
        if let decoderChannels { result.decoderChannels = decoderChannels }
        if let encoderWidth { result.baseWidth = encoderWidth }
        try result.validate()
        return result
    }
}

/// One term of `loss:`.
public struct LossSection: Codable, Hashable, Sendable {
    public enum Term: String, Codable, CaseIterable, Sendable {
        case binaryCrossEntropy = "bce"
        case crossEntropy = "cross-entropy"
        case dice

        /// Whether the term is for such classes.
        func fits(isExclusive: Bool) -> Bool {
            switch self {
            case .binaryCrossEntropy: !isExclusive
            case .crossEntropy: isExclusive
            case .dice: true
            }
        }
    }

    public var term: Term
    public var weight = 1.0
    public var classWeights: [Float]?
    public var smooth = 0.0

    public init(_ term: Term) { self.term = term }

    /// Whether the term and its weights are for this many such classes.
    public func fits(isExclusive: Bool, classes: Int) -> Bool {
        guard term.fits(isExclusive: isExclusive) else { return false }
        guard let classWeights else { return true }
        return term == .crossEntropy && classWeights.count == classes
            && classWeights.allSatisfy { $0 >= 0 && $0.isFinite }
            && classWeights.contains { $0 > 0 }
    }

    private enum CodingKeys: String, CodingKey {
        case term, weight, smooth
        case classWeights = "class-weights"
    }

    public init(from decoder: any Decoder) throws {
        if let term = try? decoder.singleValueContainer().decode(Term.self) {
            self.init(term)
            return
        }
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        self.init(try keys.decode(Term.self, forKey: .term))
        weight = try keys.decodeIfPresent(Double.self, forKey: .weight) ?? weight
        classWeights = try keys.decodeIfPresent([Float].self, forKey: .classWeights)
        smooth = try keys.decodeIfPresent(Double.self, forKey: .smooth) ?? smooth
    }
}

extension Loss {
    /// The weighted sum that a recipe describes.
    public init(_ sections: [LossSection]) {
        self.init(
            sections.map { section in
                let term: Term =
                    switch section.term {
                    case .binaryCrossEntropy: .binaryCrossEntropy
                    case .crossEntropy: .crossEntropy(classWeights: section.classWeights)
                    case .dice: .dice(smooth: section.smooth)
                    }
                return Weighted(term, weight: section.weight)
            })
    }
}

/// `optimizer:` the rule and its learning rate.
public struct OptimizerSection: Codable, Hashable, Sendable {
    public enum Name: String, Codable, CaseIterable, Sendable { case adam, sgd }

    public var name = Name.adam
    public var rate = 1e-3
    public var beta1 = 0.9
    public var beta2 = 0.999
    public var epsilon = 1e-8
    public var momentum = 0.9
    public var nesterov = false
    public var weightDecay = 0.0

    public init() {}

    private enum CodingKeys: String, CodingKey {
        case name, rate, beta1, beta2, epsilon, momentum, nesterov
        case weightDecay = "weight-decay"
    }

    public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        name = try keys.decodeIfPresent(Name.self, forKey: .name) ?? name
        rate = try keys.decodeIfPresent(Double.self, forKey: .rate) ?? rate
        beta1 = try keys.decodeIfPresent(Double.self, forKey: .beta1) ?? beta1
        beta2 = try keys.decodeIfPresent(Double.self, forKey: .beta2) ?? beta2
        epsilon = try keys.decodeIfPresent(Double.self, forKey: .epsilon) ?? epsilon
        momentum = try keys.decodeIfPresent(Double.self, forKey: .momentum) ?? momentum
        nesterov = try keys.decodeIfPresent(Bool.self, forKey: .nesterov) ?? nesterov
        weightDecay = try keys.decodeIfPresent(Double.self, forKey: .weightDecay) ?? weightDecay
    }

    public var rule: OptimizerRule {
        switch name {
        case .adam:
            .adam(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay)
        case .sgd: .sgd(momentum: momentum, nesterov: nesterov, weightDecay: weightDecay)
        }
    }
}

/// `training:` how long and in what portions.
public struct TrainingSection: Codable, Hashable, Sendable {
    public var epochs = 20
    public var batch = 8
    /// Epochs without improvement of the validation loss before training stops; none never stops.
    public var patience: Int?
    /// Starting weights, order of images, augmentation and dropout.
    public var seed: UInt64 = 1
    /// Epochs between checkpoints; a signal writes one at the next step besides.
    public var checkpointEvery = 1
    /// Seconds that a checkpoint must be old before an epoch's end writes the next; 0 for every one.
    public var checkpointSeconds = 20.0

    public init() {}

    private enum CodingKeys: String, CodingKey {
        case epochs, batch, patience, seed
        case checkpointSeconds = "checkpoint-seconds"
        case checkpointEvery = "checkpoint-every"
    }

    public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        epochs = try keys.decodeIfPresent(Int.self, forKey: .epochs) ?? epochs
        batch = try keys.decodeIfPresent(Int.self, forKey: .batch) ?? batch
        patience = try keys.decodeIfPresent(Int.self, forKey: .patience)
        seed = try keys.decodeIfPresent(UInt64.self, forKey: .seed) ?? seed
        checkpointEvery =
            try keys.decodeIfPresent(Int.self, forKey: .checkpointEvery) ?? checkpointEvery
        checkpointSeconds =
            try keys.decodeIfPresent(Double.self, forKey: .checkpointSeconds) ?? checkpointSeconds
    }
}

/// `bagging:` how many members, and what each of them sees.
public struct BaggingSection: Codable, Hashable, Sendable {
    public var members = 5
    /// The bags are a pure function of this seed, the member and the sorted groups.
    public var seed: UInt64 = 1
    /// Draws as a share of the number of groups.
    public var fraction = 1.0
    public var replacement = true
    /// What becomes of a bag without one of the classes.
    public var classes = BootstrapSample.ClassPolicy.allow
    /// The most times that a bag is drawn again under `require-classes`.
    public var redraws = 100

    public init() {}

    private enum CodingKeys: String, CodingKey {
        case members, seed, fraction, replacement, classes, redraws
    }

    public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        members = try keys.decodeIfPresent(Int.self, forKey: .members) ?? members
        seed = try keys.decodeIfPresent(UInt64.self, forKey: .seed) ?? seed
        fraction = try keys.decodeIfPresent(Double.self, forKey: .fraction) ?? fraction
        replacement = try keys.decodeIfPresent(Bool.self, forKey: .replacement) ?? replacement
        classes =
            try keys.decodeIfPresent(BootstrapSample.ClassPolicy.self, forKey: .classes) ?? classes
        redraws = try keys.decodeIfPresent(Int.self, forKey: .redraws) ?? redraws
    }
}

extension BootstrapSample.Options {
    public init(_ section: BaggingSection) {
        self.init(
            sampleFraction: section.fraction, withReplacement: section.replacement,
            classPolicy: section.classes, mostRedraws: section.redraws)
    }
}

/// `evaluation:` from probabilities to masks and scores.
public struct EvaluationSection: Codable, Hashable, Sendable {
    /// Probability from which a sigmoid class counts as present.
    public var threshold = 0.5
    /// What a class scores that is in neither truth nor prediction.
    public var absent = AbsentClassPolicy.skip
    /// Window of `predict` on images that are larger; none runs the whole image at once.
    public var tile: Int?
    /// Rows and columns that neighbouring windows share.
    public var overlap = 64

    public init() {}

    private enum CodingKeys: String, CodingKey { case threshold, absent, tile, overlap }

    public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        threshold = try keys.decodeIfPresent(Double.self, forKey: .threshold) ?? threshold
        absent = try keys.decodeIfPresent(AbsentClassPolicy.self, forKey: .absent) ?? absent
        tile = try keys.decodeIfPresent(Int.self, forKey: .tile)
        overlap = try keys.decodeIfPresent(Int.self, forKey: .overlap) ?? overlap
    }
}

/// `compute:` on what the run computes; part of the run, because it is part of the result.
public struct ComputeSection: Codable, Hashable, Sendable {
    public var backend = BackendName.onednn
    /// Threads of every member; 0 takes all processors.
    public var threads = 0
    /// Direct convolution only.
    public var exact = false

    public init() {}

    private enum CodingKeys: String, CodingKey { case backend, threads, exact }

    public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        backend = try keys.decodeIfPresent(BackendName.self, forKey: .backend) ?? backend
        threads = try keys.decodeIfPresent(Int.self, forKey: .threads) ?? threads
        exact = try keys.decodeIfPresent(Bool.self, forKey: .exact) ?? exact
    }
}
