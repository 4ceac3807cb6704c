import DurableFiles
import SegmentationData
import SegmentationModels

extension MemberTrainer {
    /// Says before a run folder is made what its recipe cannot be trained for.
    public static func check(
        _ recipe: Recipe, _ dataset: SegmentationDataset
    ) throws {
        let root = recipe.data.root
        guard dataset.hasMasks else {
            throw FloeError(
                .usage, file: root, "no masks to train with", advice: "set data.masks")
        }
        try checkValidation(recipe, dataset)
        try recipe.compute.backend.requireAvailable()
        if recipe.encoder.weights != nil { try checkEncoder(recipe, dataset) }
        if let size = recipe.data.patch?.size ?? recipe.data.size,
            let configuration = try? recipe.configuration(bands: dataset.bands.count)
        {
            let train = try dataset.split().train.count
            try MemoryNeed.check(
                configuration, batch: max(1, min(recipe.training.batch, train)),
                height: size.height, width: size.width, isTraining: true,
                advice: "lower training.batch, data.size or data.patch")
        }
        try checkBags(of: recipe, dataset)
    }

    /// Says before the first member is trained what a later one's bag could not be trained or
    /// validated for.
    static func checkBags(of recipe: Recipe, _ dataset: SegmentationDataset) throws {
        let holdsOut = recipe.bagging.validation == .heldOut
        let weighs = recipe.loss.contains(where: \.weighsByRule)
        let needsBatches = try mayHaveTooSmallBatches(recipe, dataset)
        // Drawing bags means reading all masks, which costs time.
        guard holdsOut || weighs || needsBatches else { return }
        let train = try dataset.split().train
        let present = try MemberData.classPresence(dataset)
        let ofGroup = Dictionary(uniqueKeysWithValues: zip(dataset.groups(of: train), present))
        for bag in try MemberData.bags(dataset, recipe: recipe, present: present) {
            if needsBatches { try checkBatches(of: recipe, dataset, bag, train) }
            if holdsOut { try checkHeldOut(recipe, bag) }
            let occurs = recipe.data.classes.indices.map { k in
                bag.drawnGroups.contains { ofGroup[$0]?[k] == true }
            }
            if weighs { try checkClassWeights(of: recipe, member: bag.member, occurs: occurs) }
        }
    }

    /// Refuses a bag that leaves nothing out where the images outside it are to validate on.
    static func checkHeldOut(_ recipe: Recipe, _ bag: Bag) throws {
        guard recipe.bagging.validation == .heldOut, bag.outOfBagGroups.isEmpty else { return }
        throw FloeError(
            .usage, file: recipe.data.root,
            "the bag of member \(bag.member) leaves no image out to validate on",
            advice: "lower bagging.fraction, or use bagging.plan: k-fold")
    }

    /// Starts a network from the ported encoder, for what that would complain about.
    private static func checkEncoder(_ recipe: Recipe, _ dataset: SegmentationDataset) throws {
        let configuration = try recipe.configuration(bands: dataset.bands.count)
        _ = try StartingNetwork(recipe, configuration, bands: dataset.bands, member: 0)
    }

    /// Refuses keys that watch a validation score where there is none, and validation images that
    /// nobody would look at.
    static func checkValidation(_ recipe: Recipe, _ dataset: SegmentationDataset) throws {
        let isEmpty = try dataset.split().validation.isEmpty
        if recipe.bagging.validation == .heldOut {
            guard !isEmpty else { return }
            throw FloeError(
                .usage, file: recipe.data.root,
                "bagging.validation: held-out leaves the validation split unused",
                expected: "no validation split", advice: "set data.split.validation to 0")
        }
        let watching: [(key: String, isSet: Bool)] = [
            ("training.patience", recipe.training.patience != nil),
            ("training.monitor", recipe.training.monitor != nil),
            ("training.minimum-improvement", recipe.training.minimumImprovement != nil),
            ("loss-weights: adaptive", recipe.lossWeights != nil),
            ("schedule.name plateau", recipe.schedule?.name == .plateau),
        ]
        guard isEmpty, let first = watching.first(where: \.isSet) else { return }
        throw FloeError(
            .usage, file: recipe.data.root, "\(first.key) needs a validation split",
            advice: "set data.split.validation, or bagging.validation: held-out")
    }

    /// Whether a bag's last batch could be too small: one image is enough for nearly every network
    /// and size. Bags of groups have different numbers of images, so that only some may be in trouble.
    private static func mayHaveTooSmallBatches(
        _ recipe: Recipe, _ dataset: SegmentationDataset
    ) throws -> Bool {
        guard let size = recipe.data.patch?.size ?? recipe.data.size else { return false }
        return !fits(try recipe.configuration(bands: dataset.bands.count), size, batch: 1)
    }

    /// - Throws: `FloeError` of kind `usage` where a norm would have a single value to take the mean of.
    private static func checkBatches(
        of recipe: Recipe, _ dataset: SegmentationDataset, _ bag: Bag, _ train: [Int]
    ) throws {
        guard let size = recipe.data.patch?.size ?? recipe.data.size else { return }
        try checkBatches(
            recipe.configuration(bands: dataset.bands.count), size,
            count: dataset.samples(ofGroups: bag.drawnGroups, among: train).count, recipe: recipe,
            member: bag.member)
    }

    /// - Parameter count: images in the member's bag.
    static func checkBatches(
        _ configuration: ModelConfiguration, _ size: ImageSize, count: Int, recipe: Recipe,
        member: Int
    ) throws {
        let batch = recipe.training.batch
        let last = count % batch == 0 ? min(batch, count) : count % batch
        guard !fits(configuration, size, batch: last) else { return }
        guard configuration.normCountsBatch else {
            throw FloeError(
                .usage, file: recipe.data.root,
                "images of \(size) are too small for \(configuration.normName), "
                    + "which no batch makes up for",
                expected: "more than one value per image at the network's bottom",
                advice: "take larger images, or a network of fewer levels")
        }
        throw FloeError(
            .usage, file: recipe.data.root,
            "the last batch of member \(member) is too small for \(configuration.normName) at \(size)",
            expected: "more than one value per channel",
            got: "\(last) of \(count) images",
            advice: "change training.batch, or take larger images")
    }

    private static func fits(
        _ configuration: ModelConfiguration, _ size: ImageSize, batch: Int
    ) -> Bool {
        let multiple = configuration.inputMultiple
        do {
            try configuration.validateTraining(
                batch: batch, height: (size.height + multiple - 1) / multiple * multiple,
                width: (size.width + multiple - 1) / multiple * multiple)
            return true
        } catch { return false }
    }
}
