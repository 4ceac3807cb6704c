import DurableFiles
import SegmentationModels

/// Tells dialects and depths apart by what a file holds, never by what it is called.
struct DialectRecognizer {
    private let source: SourceWeights
    private let layers: Set<String>

    init(_ source: SourceWeights) {
        self.source = source
        layers = Set(source.weights.map { Self.layer(of: $0.name) })
    }

    private static func layer(of name: String) -> String {
        name.lastIndex(of: "/").map { String(name[..<$0]) } ?? name
    }

    private func refusal(_ what: String, _ advice: String? = nil) -> FloeError {
        FloeError(.badData, what, expected: "a ResNet-18, -34, -50, -101 or -152", advice: advice)
    }

    // MARK: What looks like a ResNet and is none of these

    /// Networks that are known, and known not to be what is wanted.
    func refuseOthers() throws {
        if layers.contains(where: { $0.hasSuffix("_preact_bn") || $0 == "post_bn" }) {
            throw refusal("a ResNet V2 of Keras, another graph (layers named …_preact_bn)")
        }
        let names = source.weights.map(\.name)
        if names.contains(where: { $0.hasSuffix("inc.double_conv.0.weight") }) {
            throw refusal(
                "milesial's U-Net, which has no ResNet encoder",
                "take it in whole: floe zoo import")
        }
        if let deep = names.first(where: { $0.hasSuffix("layer1.0.conv1.weight") }) {
            let prefix = String(deep.dropLast("layer1.0.conv1.weight".count))
            if source.has(prefix + "conv1.0.weight") {
                throw refusal("a ResNet with a deep stem (conv1.0.weight), such as resnet50d")
            }
            if names.contains(where: { $0.hasPrefix(prefix + "layer1.0.se.") }) {
                throw refusal(
                    "a ResNet with squeeze-and-excitation (layer1.0.se), such as seresnet50")
            }
            if source[prefix + "layer2.0.downsample.1.weight"]?.extents.count == 4 {
                throw refusal("a ResNet that averages in its shortcuts, such as resnet50d")
            }
        }
    }

    /// Same names, other shapes.
    func refuseVariants(
        _ dialect: EncoderDialect, _ encoder: ModelConfiguration.Encoder,
        _ source: SourceWeights, _ prefix: String
    ) throws {
        func extents(_ part: EncoderLeaf.Part) -> [Int]? {
            let leaf = EncoderLeaf(stage: 1, part: part, role: "weight")
            guard let name = dialect.name(of: leaf),
                let extents = source[prefix + name]?.extents, extents.count == 4
            else { return nil }
            // Output and input channels.
            return dialect == .torchvision
                ? [extents[0], extents[1]] : [extents[3], extents[2]]
        }
        guard ResNetDescription.of(encoder).block == .bottleneck,
            let first = extents(.convolution(1)), let second = extents(.convolution(2)),
            let third = extents(.convolution(3))
        else { return }
        if second[1] != first[0] {
            throw refusal("a ResNeXt: its 3x3 convolutions are grouped (\(second[1]) inputs each)")
        }
        if third[0] == 2 * first[0] {
            throw refusal("a wide ResNet: its bottlenecks are twice as wide")
        }
    }

    // MARK: Dialect

    /// - Returns: the dialect, what stands before its names, and the reason.
    func dialect(
        _ wanted: EncoderDialect?
    ) throws -> (EncoderDialect, prefix: String, reason: String) {
        if source.isUnnamed { return try unnamedDialect(wanted) }
        for (dialect, marks) in Self.marks where wanted == nil || wanted == dialect {
            if dialect == .torchvision {
                guard source.container == .stateDictionary,
                    let prefix = try source.prefix(of: marks)
                else { continue }
                return (dialect, prefix, "keys " + marks.joined(separator: ", "))
            }
            guard source.container != .stateDictionary, marks.allSatisfy(layers.contains) else {
                continue
            }
            return (dialect, "", "layers " + marks.joined(separator: ", "))
        }
        let some = layers.sorted().prefix(3).joined(separator: ", ")
        throw FloeError(
            .badData,
            wanted.map { "no ResNet of the dialect \($0.rawValue)" } ?? "no ResNet that is known",
            expected: EncoderDialect.allCases.map(\.rawValue).joined(separator: ", "),
            got: "\(source.container.rawValue) with " + (some.isEmpty ? "no weights" : some + ", …")
        )
    }

    private static let marks: [(EncoderDialect, [String])] = [
        (.keras, ["conv1_conv", "conv2_block1_1_conv"]),
        (.fchollet, ["bn_conv1", "res2a_branch2a"]),
        (.classificationModels, ["bn_data", "stage1_unit1_conv1"]),
        (.torchvision, ["conv1.weight", "bn1.weight", "layer1.0.conv1.weight"]),
    ]

    /// Numbers instead of names: what the layers are tells.
    private func unnamedDialect(
        _ wanted: EncoderDialect?
    ) throws -> (EncoderDialect, prefix: String, reason: String) {
        let hasBias = source.has("conv2d#0/bias")
        let isPre = !source.has("batch_normalization#0/gamma")
        let found: EncoderDialect? =
            hasBias && !isPre ? .keras : isPre && !hasBias ? .classificationModels : nil
        guard let found, wanted == nil || wanted == found else {
            throw FloeError(
                .badData, "layers without names, and not those of a ResNet of Keras",
                expected: wanted?.rawValue ?? "keras or classification-models",
                advice: "save it again with Keras 3.7 or newer, which stores names")
        }
        return (
            found, "",
            hasBias
                ? "convolutions with bias" : "convolutions without bias, first norm without scale"
        )
    }

    // MARK: Depth

    func encoderByNames(
        _ dialect: EncoderDialect, _ prefix: String, _ hints: EncoderHints
    ) throws -> ModelConfiguration.Encoder {
        var present: Set<String> = []
        for weight in source.weights where weight.name.hasPrefix(prefix) {
            let name = weight.name.dropFirst(prefix.count)
            present.insert(
                dialect == .torchvision
                    ? name.split(separator: ".").dropLast().joined(separator: ".")
                    : Self.layer(of: String(name)))
        }
        func has(_ stage: Int, _ block: Int, _ part: EncoderLeaf.Part) -> Bool {
            let leaf = EncoderLeaf(stage: stage, block: block, part: part, role: "weight")
            guard let name = dialect.name(of: leaf) else { return false }
            return present.contains(
                dialect == .torchvision
                    ? name.split(separator: ".").dropLast().joined(separator: ".")
                    : Self.layer(of: name))
        }
        // A block is there if any of it is: what it lacks is told by name later.
        let counts = (1...4).map { stage in
            (0..<64).prefix { block in
                (1...2).contains {
                    has(stage, block, .convolution($0)) || has(stage, block, .norm($0))
                }
            }.count
        }
        let block: ResNetDescription.Block =
            has(1, 0, .convolution(3)) ? .bottleneck : .basic
        let fitting = ModelConfiguration.Encoder.allCases.filter { encoder in
            let description = ResNetDescription.of(encoder)
            guard description.block == block else { return false }
            return zip(description.blocksPerStage, counts).enumerated().allSatisfy { index, pair in
                pair.0 == pair.1
                    || pair.1 < pair.0
                        && hints.allowedMissing.contains {
                            $0 == "layer\(index + 1)" || $0.hasPrefix("layer\(index + 1)/")
                        }
            }
        }
        let chosen = fitting.filter { hints.architecture == nil || $0 == hints.architecture }
        guard let encoder = chosen.first, chosen.count == 1 else {
            throw FloeError(
                .badData,
                "a ResNet with \(counts) \(block == .basic ? "basic blocks" : "bottlenecks")",
                expected: hints.architecture.map { "\($0.rawValue)" }
                    ?? "one of resnet18, 34, 50, 101, 152",
                got: chosen.isEmpty
                    ? "none of these" : chosen.map(\.rawValue).joined(separator: " or "),
                advice: chosen.count > 1
                    ? "say which with --arch"
                    : counts.contains(0)
                        ? "if a stage is missing on purpose: --allow-missing-layers layer"
                            + "\((counts.firstIndex(of: 0) ?? 0) + 1)" : nil)
        }
        return encoder
    }

    func encoderByCount(
        _ dialect: EncoderDialect, _ wanted: ModelConfiguration.Encoder?
    ) throws -> ModelConfiguration.Encoder {
        let convolutions = count("conv2d")
        let norms = count("batch_normalization")
        let fitting = ModelConfiguration.Encoder.allCases.filter { encoder in
            let order = dialect.layerOrder(encoder)
            return order.convolutions.count == convolutions && order.norms.count == norms
                && (wanted == nil || wanted == encoder)
        }
        guard let encoder = fitting.first else {
            throw FloeError(
                .badData,
                "layers without names: \(convolutions) convolutions and \(norms) batch norms",
                expected: "those of a ResNet of \(dialect.rawValue)",
                advice: "save it again with Keras 3.7 or newer, which stores names")
        }
        return encoder
    }

    private func count(_ kind: String) -> Int {
        (0..<1000).prefix { layers.contains("\(kind)#\($0)") }.count
    }

    /// The same weights under the dialect's names, by rank.
    func naming(
        _ dialect: EncoderDialect, _ encoder: ModelConfiguration.Encoder
    ) throws -> SourceWeights {
        let order = dialect.layerOrder(encoder)
        var names: [String: String] = [:]
        for (rank, name) in order.convolutions.enumerated() { names["conv2d#\(rank)"] = name }
        for (rank, name) in order.norms.enumerated() {
            names["batch_normalization#\(rank)"] = name
        }
        return try SourceWeights(
            source.container, evidence: source.evidence,
            weights: source.weights.map { weight in
                var weight = weight
                let layer = Self.layer(of: weight.name)
                if let name = names[layer] {
                    weight.name = name + weight.name.dropFirst(layer.count)
                }
                return weight
            })
    }
}
