import ArgumentParser
import DurableFiles
import Foundation
import ModelZoo
import SegmentationModels
import TensorCore

struct ZooImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take in a whole foreign network as a member.",
        discussion: """
            Reads segmentation_models.pytorch's Unet and UnetPlusPlus, milesial's U-Net, and the \
            U-Net of segmentation_models (Keras) from HDF5; the file's content tells which. Bands \
            and classes are named here, since no file says what they are. The input is normalised \
            as the library does it for red, green, blue. For other bands, or another \
            normalisation, say it: the network sees (stored * scale - mean) / deviation, by \
            the options --scale, --mean and --deviation.

            Example, and then an ensemble with two of Floe's own members:

              floe zoo import smp.h5 --out zoo/smp --bands r,g,b --classes road
              floe ensemble build --out ensemble.json zoo/smp run/member-000 run/member-001
            """)

    @Argument(help: ArgumentHelp("The HDF5 file.", valueName: "file.h5"))
    var file: String

    @Option(help: ArgumentHelp("The folder to write; it must not exist.", valueName: "dir"))
    var out: String

    @Option(help: ArgumentHelp("Names of the bands, in order.", valueName: "r,g,b"))
    var bands: String

    @Option(help: ArgumentHelp("Names of the classes, in order.", valueName: "a,b"))
    var classes: String

    @Option(
        help: ArgumentHelp(
            "sigmoid (classes may overlap) or softmax (one per pixel); softmax is the default for "
                + "several classes.", valueName: "name"))
    var activation: MemberManifest.Output.Activation?

    @Option(help: ArgumentHelp("Multiplies stored values, such as 0.00392157.", valueName: "x"))
    var scale: Double?

    @Option(help: ArgumentHelp("Of every band, after scaling.", valueName: "x,y,z"))
    var mean: String?

    @Option(help: ArgumentHelp("Of every band, after scaling.", valueName: "x,y,z"))
    var deviation: String?

    func run() throws {
        try EncoderPlace.refuseExisting(out)
        let found = try NetworkImport(ForeignFile(file))
        let (input, output) = (try input(found), try output(found.configuration))
        let network = try found.load()
        let draft = MemberDraft(
            created: Software.timestamp(), software: Software.nameAndVersion,
            lineage: [
                .init(
                    role: "network", name: file.split(separator: "/").last.map(String.init) ?? file,
                    sha256: found.file.sha256,
                    adaptation: ([found.kind.rawValue] + found.rewrites).joined(separator: "; "))
            ], input: input, output: output)
        let manifest: MemberManifest
        try EncoderPlace.makeParent(of: out)
        do {
            manifest = try MemberStore.save(
                network, draft: draft, to: out, exactBackend: OneDNNBackend(.exact))
        } catch let error as FloeError where error.kind == .numeric {
            throw FloeError(
                .badData, file: file, "what the network computes is not finite",
                advice: "the weights are damaged")
        }
        try Console.print(
            "\(out): \(found.kind.rawValue), \(manifest.architecture.name), "
                + "\(manifest.weights.parameterCount) parameters")
        for rewrite in found.rewrites { Console.note("rewritten: \(rewrite)") }
    }

    private func input(_ found: NetworkImport) throws -> MemberManifest.Input {
        let names = try Self.names(bands, "--bands")
        let count = found.configuration.bands
        guard names.count == count else {
            throw FloeError(
                .usage, "--bands", expected: "\(count) names for this network",
                got: "\(names.count)")
        }
        let means = try Self.numbers(mean, "--mean", count) ?? found.convention?.mean
        let deviations =
            try Self.numbers(deviation, "--deviation", count) ?? found.convention?.deviation
        guard let means, let deviations, let scale = scale ?? found.convention?.scale else {
            throw FloeError(
                .usage, "nobody knows how \(count) bands are normalised",
                advice: "say --scale, --mean and --deviation")
        }
        guard scale > 0, scale.isFinite, (means + deviations).allSatisfy(\.isFinite),
            deviations.allSatisfy({ $0 > 0 })
        else {
            throw FloeError(
                .usage, "--scale and --deviation", expected: "finite numbers above 0",
                got: "\(scale) and \(deviations)")
        }
        return MemberManifest.Input(
            bands: names.indices.map {
                .init(name: names[$0], mean: means[$0], deviation: deviations[$0])
            }, scale: scale, multiple: found.configuration.inputMultiple)
    }

    private func output(_ configuration: ModelConfiguration) throws -> MemberManifest.Output {
        let names = try Self.names(classes, "--classes")
        guard names.count == configuration.classes else {
            throw FloeError(
                .usage, "--classes", expected: "\(configuration.classes) names for this network",
                got: "\(names.count)")
        }
        let chosen = activation ?? (names.count == 1 ? .sigmoid : .softmax)
        guard chosen == .sigmoid || names.count > 1 else {
            throw FloeError(.usage, "--activation", expected: "sigmoid for one class")
        }
        return MemberManifest.Output(
            classes: names.enumerated().map {
                .init(name: $1, color: Self.palette[$0 % Self.palette.count])
            }, activation: chosen, threshold: chosen == .sigmoid ? 0.5 : nil)
    }

    /// Colours that people with other colour vision tell apart (Okabe and Ito 2008), black last.
    private static let palette = [
        [0, 114, 178], [230, 159, 0], [0, 158, 115], [204, 121, 167], [86, 180, 233],
        [213, 94, 0], [240, 228, 66], [0, 0, 0],
    ]

    private static func names(_ list: String, _ option: String) throws -> [String] {
        let names = parts(list)
        guard names.allSatisfy({ !$0.isEmpty }), Set(names).count == names.count else {
            throw FloeError(
                .usage, option, expected: "different names with commas between them",
                got: "'\(list)'")
        }
        return names
    }

    private static func parts(_ list: String) -> [String] {
        list.split(separator: ",", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespaces)
        }
    }

    private static func numbers(
        _ list: String?, _ option: String, _ count: Int
    ) throws -> [Double]? {
        guard let list else { return nil }
        let values = parts(list).compactMap { Double($0) }
        guard values.count == count else {
            throw FloeError(.usage, option, expected: "\(count) numbers", got: "'\(list)'")
        }
        return values
    }
}

extension MemberManifest.Output.Activation: ExpressibleByArgument {}
