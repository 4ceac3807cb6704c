import ArgumentParser
import DurableFiles
import ModelZoo

struct EncoderExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write an encoder's weights for another library.",
        discussion: """
            torchvision: a state dictionary with one dataset per key. keras: HDF5 of weights for \
            Keras Applications, or for classification_models where the encoder is of its family. \
            What the other library's graph does otherwise is rewritten exactly, and said; what \
            cannot be rewritten is refused.

            Example, and back in Python:

              floe encoder export zoo/resnet18-imagenet --dialect torchvision --out resnet18.h5

              state = {k: torch.from_numpy(v[...]) for k, v in h5py.File("resnet18.h5").items()}
              torchvision.models.resnet18().load_state_dict(state, strict=False)
            """)

    @Argument(help: ArgumentHelp("The encoder: a folder of the zoo.", valueName: "name"))
    var encoder: String

    @Option(help: ArgumentHelp("torchvision or keras.", valueName: "name"))
    var dialect: EncoderExport.Target

    @Option(help: ArgumentHelp("The file to write; it must not exist.", valueName: "file.h5"))
    var out: String

    func run() throws {
        try EncoderPlace.refuseExisting(out)
        guard let path = EncoderPlace.stored(encoder) else {
            throw FloeError(
                .notFound, file: encoder, "no such encoder",
                advice: "name a folder that floe encoder import wrote")
        }
        let (manifest, network) = try EncoderStore.load(path)
        let export = try EncoderExport(network, convention: manifest.input, target: dialect)
        try DurableFile.write(export.data, to: out)
        try Console.print("\(out): \(export.description)")
        EncoderPlace.warn(ofRandom: manifest.missing)
        for rewrite in export.rewrites { Console.note("rewritten: \(rewrite)") }
    }
}

extension EncoderExport.Target: ExpressibleByArgument {}
