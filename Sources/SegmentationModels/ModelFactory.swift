import NeuralNetworks
import TensorCore

/// A network configuration that cannot be built, and why.
public struct ModelConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(description: String) { self.description = description }
}

/// From a configuration to a network.
public enum ModelFactory {
    /// A network with random weights: a pure function of configuration, seed and member.
    ///
    /// - Throws: `ModelConfigurationError` where the configuration contradicts itself.
    public static func make(
        _ configuration: ModelConfiguration, seed: UInt64, member: Int = 0
    ) throws -> any SegmentationNetwork {
        try make(configuration, from: ParameterInitializer(seed: seed, member: member))
    }

    /// A network of the right shapes with nothing in them, for weights that are about to be loaded.
    ///
    /// - Throws: `ModelConfigurationError` where the configuration contradicts itself.
    public static func unfilled(
        _ configuration: ModelConfiguration
    ) throws -> any SegmentationNetwork {
        try make(configuration, from: .unfilled)
    }

    private static func make(
        _ configuration: ModelConfiguration, from initializer: ParameterInitializer
    ) throws -> any SegmentationNetwork {
        try configuration.validate()
        var initializer = initializer
        initializer.kernelDistribution = configuration.blocks?.kernelDistribution
        switch configuration.architecture {
        case .unet: return UNet(configuration, from: &initializer)
        case .encoderUNet, .unetPlusPlus:
            guard let encoder = configuration.encoder else { throw configuration.lacksEncoder }
            return EncoderUNet(configuration, encoder: encoder, from: &initializer)
        case .dualUNet:
            return DualUNet(configuration, configuration.dual ?? .init(), from: &initializer)
        }
    }
}

extension ModelConfiguration {
    /// - Throws: `ModelConfigurationError` naming the first value that is out of its range.
    public func validate() throws {
        func require(_ range: ClosedRange<Int>, _ value: Int, _ name: String) throws {
            guard range.contains(value) else {
                throw ModelConfigurationError(
                    description:
                        "\(name) out of range, expected \(range.lowerBound) to "
                        + "\(range.upperBound), got \(value)")
            }
        }
        try require(1...4096, bands, "bands")
        try require(1...254, classes, "classes")
        try require(1...1024, baseWidth, "base width")
        try validateImageHead()
        guard dual == nil || architecture == .dualUNet else {
            throw ModelConfigurationError(description: "\(architecture.rawValue) with two U-Nets")
        }
        switch architecture {
        case .unet:
            try require(1...8, levels, "levels")
            try require(1...8192, baseWidth << levels, "channels at the network's bottom")
            if upsampling == .bilinear, baseWidth % 2 != 0 {
                throw ModelConfigurationError(
                    description: "a bilinear U-Net needs an even base width, got \(baseWidth)")
            }
        case .encoderUNet, .unetPlusPlus:
            guard let encoder else { throw lacksEncoder }
            let deepest = ResNetDescription.of(encoder).featureChannels(baseWidth: baseWidth)[4]
            try require(1...8192, deepest, "channels at the network's bottom")
            try require(5...5, levels, "levels of a network with an encoder")
            try require(5...5, decoderChannels.count, "number of decoder channels")
            for channels in decoderChannels { try require(1...4096, channels, "decoder channels") }
            for epsilon in [encoderGraph?.epsilon, decoderEpsilon].compactMap({ $0 }) {
                guard epsilon > 0, epsilon < 1 else {
                    throw ModelConfigurationError(
                        description: "epsilon of a batch norm out of range, expected above 0 and "
                            + "below 1, got \(epsilon)")
                }
            }
        case .dualUNet: try validateDual()
        }
        try blocks?.validate(for: self)
    }

    fileprivate var lacksEncoder: ModelConfigurationError {
        ModelConfigurationError(description: "\(architecture.rawValue) without an encoder")
    }
}
