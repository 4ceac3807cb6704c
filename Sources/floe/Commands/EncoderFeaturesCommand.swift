import ArgumentParser
import DurableFiles
import ModelZoo
import SegmentationData
import TensorCore

struct EncoderFeaturesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "features",
        abstract: "Run an encoder on an array and write every stage's feature map.",
        discussion: """
            The input is a float32 array [batch, bands, height, width], taken as already \
            preprocessed in the convention of the source file: its order of bands, range and mean, \
            whatever the import rewrote. With --preprocess it is taken as stored values of 0 to \
            255 in the order red, green, blue. Direct convolution only. The output is HDF5 with \
            the datasets f1 to f5, at strides 2, 4, 8, 16 and 32, so that anyone can compare them \
            with their own framework. Of a whole member, logits are written.

            Example:

              floe encoder features zoo/resnet50-imagenet input.npy --out features.h5
              floe encoder features resnet50_weights.h5 input.npy --out features.h5
            """)

    @Argument(
        help: ArgumentHelp(
            "A folder of the zoo, or an HDF5 file that could be imported.",
            valueName: "name|file.h5"))
    var encoder: String

    @Argument(help: ArgumentHelp("The array.", valueName: "input.npy"))
    var input: String

    @Option(help: ArgumentHelp("The file to write.", valueName: "features.h5"))
    var out: String

    @Flag(help: "The input is 0 to 255 in the order red, green, blue: apply the convention.")
    var preprocess = false

    @OptionGroup var recognition: EncoderHintOptions
    @OptionGroup var compute: ThreadsOption

    func run() throws {
        try compute.apply()
        let loaded = try EncoderPlace.load(encoder, recognition)
        let image = try NumPyFile.read(input)
        guard image.shape.rank == 4, image.shape[1] == loaded.bands, image.shape.count > 0 else {
            throw FloeError(
                .badData, file: input, "not an array for this network",
                expected: "[batch, \(loaded.bands), height, width]", got: "\(image.shape)")
        }
        let tensors = try maps(of: loaded, image)
        do { try DurableFile.write(WeightsFile.encode(tensors), to: out) } catch {
            throw (error as? FloeError)?.naming(out) ?? error
        }
        for tensor in tensors { try Console.print("\(tensor.name) \(tensor.tensor.shape)") }
    }

    private func maps(of loaded: EncoderPlace.Runnable, _ image: Tensor) throws -> [NamedTensor] {
        let backend = OneDNNBackend(.exact)
        switch loaded {
        case .encoder(let network, let convention):
            var prepared = convention?.sourceOrder == .bgr ? image.reversingBands() : image
            if preprocess {
                guard let convention else {
                    throw FloeError(.usage, "--preprocess needs an encoder of three bands")
                }
                prepared = convention.applied(to: image)
            }
            let maps = ComputeThread.shared.run { network.features(prepared, backend: backend) }
            return maps.enumerated().map { NamedTensor("f\($0 + 1)", $1) }
        case .member(let network):
            guard !preprocess else {
                throw FloeError(
                    .usage, "--preprocess is for encoders",
                    advice: "floe predict applies a member's own normalisation")
            }
            let multiple = network.configuration.inputMultiple
            guard image.shape[2] % multiple == 0, image.shape[3] % multiple == 0 else {
                throw FloeError(
                    .badData, file: input, "sides that the network does not take",
                    expected: "multiples of \(multiple)", got: "\(image.shape)")
            }
            let (logits, presence) = ComputeThread.shared.run {
                network.predict(image, backend: backend)
            }
            return [NamedTensor("logits", logits)]
                + (presence.map { [NamedTensor("presence", $0)] } ?? [])
        }
    }
}
