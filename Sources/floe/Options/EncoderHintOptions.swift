import ArgumentParser
import DurableFiles
import ModelZoo
import SegmentationModels

/// What somebody who knows better than the file may say.
struct EncoderHintOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Whose names and input. Only where the content is ambiguous.",
            valueName: "name"))
    var dialect: EncoderDialect?

    @Option(
        help: ArgumentHelp(
            "Which ResNet. Only where the content is ambiguous.",
            valueName: "name"))
    var arch: ModelConfiguration.Encoder?

    @Option(
        help: ArgumentHelp(
            "Whose graph, where it is not that of the dialect, such as Keras weights that were saved "
                + "under torchvision's names.", valueName: "name"))
    var graph: EncoderDialect?

    @Option(
        name: .customLong("allow-missing-layers"), parsing: .upToNextOption,
        help: ArgumentHelp(
            "Layers that the file may lack, such as layer4; what is missing stays random.",
            valueName: "layer"))
    var allowMissingLayers: [String] = []

    /// Throws where something was said that a ported encoder says itself.
    func refuse(for path: String) throws {
        guard dialect == nil, arch == nil, graph == nil, allowMissingLayers.isEmpty else {
            throw FloeError(
                .usage, file: path,
                "is ported already: --dialect, --arch, --graph and --allow-missing-layers are for "
                    + "foreign files")
        }
    }

    var hints: EncoderHints {
        EncoderHints(
            dialect: dialect, architecture: arch, graph: graph, allowedMissing: allowMissingLayers)
    }

    func validate() throws {
        // The stem and the first stage are what a ResNet is recognised by.
        let known = (2...4).map { "layer\($0)" }
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
