import ArgumentParser
import ModelZoo
import SegmentationModels

/// What somebody who knows better than the file may say.
struct EncoderHintOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Whose names and input: \(Self.dialects). Only where the content is ambiguous.",
            valueName: "name"))
    var dialect: EncoderDialect?

    @Option(
        help: ArgumentHelp(
            "Which ResNet: \(Self.architectures). Only where the content is ambiguous.",
            valueName: "name"))
    var arch: ModelConfiguration.Encoder?

    @Option(
        help: ArgumentHelp(
            "Whose graph, where it is not that of the dialect, such as Keras weights that were saved "
                + "under torchvision's names: \(Self.dialects).", valueName: "name"))
    var graph: EncoderDialect?

    @Option(
        name: .customLong("allow-missing-layers"), parsing: .upToNextOption,
        help: ArgumentHelp(
            "Layers that the file may lack, such as layer4; what is missing stays random.",
            valueName: "layer"))
    var allowMissingLayers: [String] = []

    private static let dialects = EncoderDialect.allCases.map(\.rawValue).joined(separator: ", ")
    private static let architectures = ModelConfiguration.Encoder.allCases.map(\.rawValue)
        .joined(separator: ", ")

    var hints: EncoderHints {
        EncoderHints(
            dialect: dialect, architecture: arch, graph: graph, allowedMissing: allowMissingLayers)
    }

    func validate() throws {
        let known = ["conv1", "bn1"] + (1...4).map { "layer\($0)" }
        for name in allowMissingLayers {
            guard let first = name.split(separator: "/").first, known.contains(String(first)) else {
                throw ValidationError(
                    "--allow-missing-layers knows \(known.joined(separator: ", ")), or a path below "
                        + "one of them such as layer4/1, not '\(name)'")
            }
        }
    }
}

extension EncoderDialect: ExpressibleByArgument {}
extension ModelConfiguration.Encoder: ExpressibleByArgument {}
