import DurableFiles
import SegmentationModels

extension MemberManifest {
    /// Throws where the manifest contradicts itself or claims more than any network needs.
    ///
    /// Runs before a network is built or a file is opened, and before a manifest is written.
    public func validate() throws {
        try validateArchitecture()
        try validateInput()
        try validateOutput()
        try validateWeights()
        try validateBag()
        try validateTraining()
        try validateSelfTest()
    }

    private func refuse(
        _ place: String, expected: String, got: String
    ) -> FloeError {
        FloeError(.badData, "key '\(place)'", expected: expected, got: got)
    }

    private func require(
        _ condition: Bool, _ place: String, _ expected: @autoclosure () -> String,
        _ got: @autoclosure () -> String
    ) throws {
        if !condition { throw refuse(place, expected: expected(), got: got()) }
    }

    private func validateArchitecture() throws {
        let configuration = architecture.configuration
        do {
            try configuration.validate()
        } catch let error as ModelConfigurationError {
            throw FloeError(.badData, "key 'architecture.configuration': \(error.description)")
        }
        if !configuration.architecture.hasEncoder, let encoder = configuration.encoder {
            throw refuse(
                "architecture.configuration.encoder", expected: "none for a plain U-Net",
                got: encoder.rawValue)
        }
        try require(
            configuration.architecture.hasEncoder
                || configuration.encoderGraph == nil && configuration.decoderEpsilon == nil,
            "architecture.configuration", "no encoderGraph or decoderEpsilon for a plain U-Net",
            "one")
        try require(
            architecture.name == configuration.name, "architecture.name",
            "'\(configuration.name)' as configured", "'\(architecture.name)'")
    }

    private func validateInput() throws {
        let configuration = architecture.configuration
        try require(
            input.bands.count == configuration.bands, "input.bands",
            "\(configuration.bands) as the network", "\(input.bands.count)")
        try requireNames(input.bands.map(\.name), "input.bands")
        for band in input.bands {
            try require(
                band.deviation > 0 && band.deviation.isFinite && band.mean.isFinite,
                "input.bands", "a mean and a deviation above 0 for '\(band.name)'",
                "\(band.mean) and \(band.deviation)")
        }
        try require(
            input.scale > 0 && input.scale.isFinite, "input.scale", "above 0", "\(input.scale)")
        try require(
            input.multiple == configuration.inputMultiple, "input.multiple",
            "\(configuration.inputMultiple) as the network", "\(input.multiple)")
        try require(
            (input.sizePolicy == .resize) == (input.size != nil), "input.size",
            "with the policy resize and only with it", input.size == nil ? "none" : "a size")
        if let size = input.size {
            try require(
                size.count == 2 && size.allSatisfy { (1...1 << 15).contains($0) }, "input.size",
                "[height, width]", "\(size)")
        }
        let origins = input.bands.compactMap(\.origin)
        try require(
            origins.isEmpty || origins.count == input.fileBands.count, "input.bands.origin",
            "one for every band of the files or none",
            "\(origins.count) of \(input.fileBands.count)")
        try validateComputedBands()
        var file = 0
        for origin in origins {
            try require(
                (file...file + 1).contains(origin.file) && origin.file <= 63
                    && (0..<65536).contains(origin.stored), "input.bands.origin",
                "files in order from 0, and their bands", "file \(origin.file)")
            file = origin.file
        }
        if let tile = input.tile {
            try require(
                tile > 0 && tile <= 1 << 20 && tile % input.multiple == 0, "input.tile",
                "a multiple of \(input.multiple)", "\(tile)")
        }
    }

    private func validateComputedBands() throws {
        let files = input.fileBands
        for (index, band) in input.bands.enumerated() {
            guard let computed = band.computed else { continue }
            try require(
                index >= files.count && band.origin == nil, "input.bands.computed",
                "bands behind those of the files, without an origin", "'\(band.name)'")
            try require(
                files.contains { $0.name == computed.from }, "input.bands.computed.from",
                "a band of the files (\(files.map(\.name).joined(separator: ", ")))",
                "'\(computed.from)'")
            if let problem = computed.problem {
                throw refuse(
                    "input.bands.computed", expected: problem, got: "another for '\(band.name)'")
            }
        }
    }

    private func validateOutput() throws {
        let classes = architecture.configuration.classes
        try require(
            output.classes.count == classes, "output.classes", "\(classes) as the network",
            "\(output.classes.count)")
        try requireNames(output.classes.map(\.name), "output.classes")
        for item in output.classes {
            try require(
                item.color.count == 3 && item.color.allSatisfy { (0...255).contains($0) },
                "output.classes", "red, green and blue of 0 to 255 for '\(item.name)'",
                "\(item.color)")
        }
        switch output.activation {
        case .softmax:
            try require(classes > 1, "output.activation", "sigmoid for one class", "softmax")
            try require(
                output.threshold == nil, "output.threshold", "none for softmax",
                "\(output.threshold ?? 0)")
        case .sigmoid:
            let threshold = output.threshold ?? 0
            try require(
                threshold > 0 && threshold < 1, "output.threshold", "above 0 and below 1",
                output.threshold.map { "\($0)" } ?? "none")
        }
        let presence = output.presenceThreshold
        try require(
            architecture.configuration.imageHead == nil
                ? presence == nil : presence.map { $0 > 0 && $0 < 1 } ?? false,
            "output.presenceThreshold",
            "above 0 and below 1 with an image head, none without", "\(presence ?? 0)")
    }

    private func validateWeights() throws {
        try require(
            weights.bytes > 0 && weights.bytes <= MemberStore.largestWeights, "weights.bytes",
            "1 to \(MemberStore.largestWeights)", "\(weights.bytes)")
        try require(
            weights.parameterCount > 0 && weights.parameterCount <= weights.bytes,
            "weights.parameterCount", "1 to \(weights.bytes)", "\(weights.parameterCount)")
        // A few bytes of JSON must not make a network that fills the memory.
        let fewest = architecture.configuration.fewestParameters
        try require(
            Double(weights.parameterCount) >= fewest, "weights.parameterCount",
            "at least \(Int(fewest)) for \(architecture.name)", "\(weights.parameterCount)")
    }

    private func validateBag() throws {
        guard let bag else { return }
        try require(bag.member >= 0, "bag.member", "0 or more", "\(bag.member)")
        try require(bag.drawn > 0, "bag.drawn", "1 or more", "\(bag.drawn)")
        try require(bag.redraws >= 0, "bag.redraws", "0 or more", "\(bag.redraws)")
        try require(
            bag.fraction > 0 && bag.fraction <= 1024, "bag.fraction", "above 0", "\(bag.fraction)")
        if let plan = bag.plan {
            let numbers = [plan.folds, plan.fold, plan.repetition].compactMap { $0 }
            try require(
                plan.kind == .kFold ? numbers.count == 3 : numbers.isEmpty, "bag.plan",
                "folds, fold and repetition for k-fold only", "\(numbers.count) of them")
            if let folds = plan.folds, let fold = plan.fold, let repetition = plan.repetition {
                try require(
                    folds >= 2 && (0..<folds).contains(fold) && repetition >= 0, "bag.plan.fold",
                    "0 to below \(folds) folds", "\(fold)")
            }
        }
        try require(
            (bag.ids == nil) != (bag.idsFile == nil), "bag", "either ids or idsFile",
            bag.ids == nil ? "none" : "both")
        if let ids = bag.ids { try bag.check(ids) }
        let known = Set(output.classes.map(\.name))
        for name in bag.classesNeverSeen {
            try require(
                known.contains(name), "bag.classesNeverSeen", "names of output.classes", "'\(name)'"
            )
        }
    }

    private func validateTraining() throws {
        guard let training else { return }
        try require(training.epochs > 0, "training.epochs", "1 or more", "\(training.epochs)")
        try require(
            (1...training.epochs).contains(training.bestEpoch), "training.bestEpoch",
            "1 to \(training.epochs)", "\(training.bestEpoch)")
        try require(
            training.seconds >= 0, "training.seconds", "0 or more", "\(training.seconds)")
    }

    private func validateSelfTest() throws {
        let configuration = architecture.configuration
        let test = selfTest
        let multiple = configuration.inputMultiple
        try require(
            test.input.count == 4 && test.input[0] == 1 && test.input[1] == configuration.bands
                && test.input[2...].allSatisfy { (1...1024).contains($0) && $0 % multiple == 0 }
                && configuration.bands * test.input[2] * test.input[3] <= 1 << 24,
            "selfTest.input",
            "[1, \(configuration.bands), height, width] of small multiples of "
                + "\(multiple)", "\(test.input)")
        let output = [1, configuration.classes, test.input[2], test.input[3]]
        try require(test.output == output, "selfTest.output", "\(output)", "\(test.output)")
        let count = output.reduce(1, *)
        try require(
            !test.samples.isEmpty && test.samples.count <= 4096, "selfTest.samples",
            "1 to 4096 values", "\(test.samples.count)")
        for sample in test.samples {
            try require(
                (0..<count).contains(sample.position), "selfTest.samples",
                "positions below \(count)", "\(sample.position)")
        }
        try require(
            test.tolerance > 0 && test.tolerance <= 0.01, "selfTest.tolerance", "0 to 0.01",
            "\(test.tolerance)")
        try require(test.largest >= 0, "selfTest.largest", "0 or more", "\(test.largest)")
        let presence = configuration.imageHead == nil ? nil : configuration.classes
        try require(
            test.presence?.count == presence, "selfTest.presence",
            presence.map { "\($0) values" } ?? "none without an image head",
            test.presence.map { "\($0.count)" } ?? "none")
    }

    private func requireNames(_ names: [String], _ place: String) throws {
        var seen: Set<String> = []
        for name in names {
            try require(
                !name.isEmpty && name.utf8.count <= 255, place, "names of 1 to 255 bytes",
                "'\(name.prefix(40))'")
            try require(seen.insert(name).inserted, place, "different names", "'\(name)' twice")
        }
    }
}

extension MemberManifest.Bag {
    /// Throws unless these are the drawn ids.
    func check(_ ids: [String]) throws {
        guard ids.count == drawn else {
            throw FloeError(
                .badData, "the ids of the bag", expected: "\(drawn) ids", got: "\(ids.count)")
        }
        let digest = Self.digest(of: ids)
        guard digest == idsSHA256 else {
            throw FloeError(
                .badData, "the ids of the bag", expected: "SHA-256 \(idsSHA256)", got: "\(digest)")
        }
    }
}

extension ModelConfiguration {
    /// Fewer learned values than any network of this configuration has; cheap, and safe for any
    /// numbers.
    var fewestParameters: Double {
        let width = Double(baseWidth)
        let edges = width * Double(bands)
        switch architecture {
        case .unet:
            // The second convolution of the deepest level.
            var deepest = width
            for _ in 0..<min(levels, 64) { deepest *= 2 }
            if upsampling == .bilinear { deepest /= 2 }
            return edges + 9 * deepest * deepest
        case .dualUNet:
            // The second convolution of either's deepest level, which bilinear upsampling halves.
            return edges
                + [dual?.global, dual?.local].compactMap { $0 }.reduce(0) { sum, branch in
                    var deepest = Double(branch.width)
                    for _ in 0..<min(branch.levels, 64) { deepest *= 2 }
                    if upsampling == .bilinear { deepest /= 2 }
                    return sum + 9 * deepest * deepest
                }
        case .encoderUNet, .unetPlusPlus:
            // A 3x3 convolution of the last stage, and the second one of each level of the decoder.
            let decoder = decoderChannels.reduce(0.0) { $0 + 9 * Double($1) * Double($1) }
            return edges + 9 * 64 * width * width + decoder
        }
    }
}
