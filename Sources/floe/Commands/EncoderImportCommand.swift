import ArgumentParser
import DurableFiles
import ModelZoo
import TensorCore

struct EncoderImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Port a pretrained encoder into the zoo.",
        discussion: """
            Writes a folder with weights.h5, in Floe's names and layout, and manifest.json: where \
            the weights came from, what was changed, what the input must look like, and a probe \
            by which `floe zoo verify` proves the port again on any machine.

            Every weight must be there, in its shape, and finite. Members start from the encoder \
            with `encoder.weights: zoo:NAME` in a recipe.

            Example:

              floe encoder import resnet50_weights.h5 --out zoo/resnet50-imagenet
            """)

    @Argument(help: ArgumentHelp("The HDF5 file.", valueName: "file.h5"))
    var file: String

    @Option(help: ArgumentHelp("The folder to write; it must not exist.", valueName: "zoo/name"))
    var out: String

    @OptionGroup var recognition: EncoderHintOptions
    @OptionGroup var result: JSONOption

    func run() throws {
        try EncoderPlace.refuseExisting(out)
        let found = try EncoderImport(ForeignFile(file), hints: recognition.hints)
        let network = try found.load()
        try EncoderPlace.makeParent(of: out)
        let manifest = try EncoderStore.save(
            network, from: found, to: out, created: Software.timestamp(),
            exactBackend: OneDNNBackend(.exact))
        if result.json {
            try Console.printJSON(manifest)
            return
        }
        try Console.print(
            "\(out): \(manifest.name) of \(found.dialect.rawValue), "
                + "\(manifest.weights.parameterCount) parameters")
        for rewrite in manifest.rewrites { Console.note("rewritten: \(rewrite)") }
        EncoderPlace.warn(ofRandom: manifest.missing)
    }
}
