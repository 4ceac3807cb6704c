import DurableFiles
import ModelZoo
import NeuralNetworks
import SegmentationData
import SegmentationModels
import TensorCore

/// A member ready to predict.
public struct MemberPredictor {
    public let path: String
    public let manifest: MemberManifest
    let network: any SegmentationNetwork
    let backend: any ComputeBackend
    private let normalisation: Normalisation
    /// The bands that are computed from those of a scene's files.
    let computedBands: [ComputedBand]
    private let presenceRule: PresenceRule?

    /// Loads a member, its digests checked.
    ///
    /// - Throws: `FloeError` of kind `badData` where anything is missing, foreign or damaged.
    public init(
        _ path: String, expecting sha256: SHA256Digest? = nil, backend: any ComputeBackend
    ) throws {
        self.path = path
        (manifest, network) = try MemberStore.load(path, expecting: sha256)
        self.backend = backend
        computedBands = ComputedBand.all(of: manifest.input)
        presenceRule = PresenceRule(manifest.output)
        (overlap, testTime) = try Self.settings(manifest, path)
        let scale = manifest.input.scale
        // (stored * scale - mean) / deviation, as one shift and one division of the stored value.
        normalisation = Normalisation(
            bands: manifest.input.bands.map(\.name),
            mean: manifest.input.bands.map { $0.mean / scale },
            deviation: manifest.input.bands.map { $0.deviation / scale })
    }

    /// Rows and columns that neighbouring windows share, where the member's recipe says so.
    let overlap: Int?
    /// Movements under which the member's recipe wants images predicted.
    public let testTime: TestTimeAugmentation

    /// What the recipe in the manifest says of prediction.
    private static func settings(
        _ manifest: MemberManifest, _ path: String
    ) throws -> (overlap: Int?, testTime: TestTimeAugmentation) {
        guard case .object(let recipe)? = manifest.training?.hyperparameters,
            case .object(let evaluation)? = recipe["evaluation"]
        else { return (nil, TestTimeAugmentation()) }
        var overlap: Int?
        if case .number(let text)? = evaluation["overlap"], let number = Int(text),
            (0...4096).contains(number)
        {
            overlap = number
        }
        // What this version cannot do must not silently become something else.
        let testTime = try evaluation["test-time"].map {
            try BoundedJSON.decode(TestTimeAugmentation.self, from: $0, file: path)
        }
        return (overlap, testTime ?? TestTimeAugmentation())
    }

    public var classes: Int { manifest.output.classes.count }

    /// Probabilities `[class][row][column]` of an image in the file's own units: padded by
    /// reflection to the network's multiple, and cropped back. Classes that the member's own image
    /// head calls absent are emptied.
    ///
    /// - Throws: `FloeError` of kind `numeric` where a value or an output is not finite.
    public func probabilities(of image: BandImage) throws -> [Float] {
        let multiple = manifest.input.multiple
        let height = (image.height + multiple - 1) / multiple * multiple
        let width = (image.width + multiple - 1) / multiple * multiple
        let ready = normalisation.applied(to: image)
            .paddedByReflection(height: height, width: width)
        // Pooling and ReLU would swallow it.
        for value in ready.values where !value.isFinite {
            throw FloeError(
                .numeric, "the image has a value that is not finite",
                advice: "mark it as nodata or repair the image")
        }
        let tensor = Tensor(ready.values, shape: [1, image.bands, height, width])
        let probabilities = ComputeThread.shared.run { () -> Tensor in
            let (logits, presence) = network.predict(tensor, backend: backend)
            if let presenceRule, let presence {
                // What is not finite must not look like an answer.
                return presence.isAllFinite
                    ? presenceRule.probabilities(logits, presence: presence)
                    : Tensor(repeating: .nan, shape: logits.shape)
            }
            return manifest.output.activation == .sigmoid
                ? Probabilities.sigmoid(logits) : Probabilities.softmax(logits)
        }
        var result: [Float] = []
        result.reserveCapacity(classes * image.height * image.width)
        probabilities.withUnsafeElements { values in
            for plane in 0..<classes {
                for row in 0..<image.height {
                    let start = (plane * height + row) * width
                    result.append(contentsOf: values[start..<start + image.width])
                }
            }
        }
        for value in result where !value.isFinite {
            throw FloeError(
                .numeric, file: path, "the member's output is not finite",
                advice: "verify it with floe zoo verify, or train it again")
        }
        return result
    }
}
