import ArgumentParser

struct EncoderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encoder",
        abstract: "Port pretrained ResNet encoders from HDF5, and prove the port.",
        discussion: """
            Reads ResNet-18, -34, -50, -101 and -152 of Keras Applications, fchollet's \
            deep-learning-models, qubvel's classification_models and segmentation_models, \
            torchvision, timm and segmentation_models.pytorch. What a file is, is told by what it \
            holds, never by its name; docs/pretrained-encoders.md says how to get each of them.

            Example:

              floe encoder inspect resnet50_weights.h5
              floe encoder import resnet50_weights.h5 --out zoo/resnet50-imagenet
              floe zoo verify zoo
            """,
        subcommands: [
            EncoderInspectCommand.self, EncoderImportCommand.self, EncoderExportCommand.self,
            EncoderFeaturesCommand.self,
        ])
}
