import DurableFiles
import ModelZoo
import SegmentationData
import SegmentationModels

/// A run's data as one member sees it: its bag, its validation images, what stays out of its bag.
public struct MemberData: Sendable {
    public let dataset: SegmentationDataset
    public let split: SplitPlan
    public let bag: Bag
    /// Samples of the bag in the order drawn, repeated as drawn.
    public let training: [Int]
    public let validation: [Int]
    /// Whether the validation images are those that the bag left out.
    let validatesHeldOut: Bool
    /// By the member's own bag: out-of-bag images stay unseen.
    public let normalisation: Normalisation
    /// What `augmentation.paste` pastes, from the member's own bag; nil without it.
    let pasteSource: PasteSource?

    /// Draws the bag of a member.
    public init(_ dataset: SegmentationDataset, recipe: Recipe, member: Int) throws {
        self.dataset = dataset
        split = try dataset.split()
        let groups = dataset.groups(of: split.train)
        guard !groups.isEmpty else {
            throw FloeError(
                .badData, file: recipe.data.root, "no image to train on",
                advice: "check data.split")
        }
        let bag = try Bag.draw(
            seed: recipe.bagging.seed, member: member, groups: groups,
            plan: ResamplingPlan(recipe.bagging),
            classesPresent: try dataset.classPresence(ofGroups: groups, among: split.train))
        self.bag = bag
        training = dataset.samples(ofGroups: bag.drawnGroups, among: split.train)
        validatesHeldOut = recipe.bagging.validation == .heldOut
        validation =
            validatesHeldOut
            ? dataset.samples(ofGroups: bag.outOfBagGroups, among: split.train).sorted()
            : split.validation
        normalisation = try BandStatistics.of(training, in: dataset)
            .normalisation(bands: dataset.bands)
        let training = training
        pasteSource = try recipe.augmentation.paste.map {
            try PasteSource($0, training: training, dataset: dataset)
        }
    }

    /// Classes that each group of the training split has; all masks are read.
    static func classPresence(_ dataset: SegmentationDataset) throws -> [[Bool]] {
        let train = try dataset.split().train
        return try dataset.classPresence(ofGroups: dataset.groups(of: train), among: train)
    }

    /// Whether anything is known of any pixel of the bag; a class that never occurs is no matter here.
    func hasLabels() throws -> Bool {
        for index in Set(training).sorted()
        where try dataset.sample(at: index).target.ignoredPixels.contains(0) { return true }
        return false
    }

    /// Every member's bag.
    ///
    /// - Parameter present: classes that each group of the training split has, in the groups' order.
    static func bags(
        _ dataset: SegmentationDataset, recipe: Recipe, present: [[Bool]]
    ) throws -> [Bag] {
        let groups = dataset.groups(of: try dataset.split().train)
        return try (0..<recipe.bagging.members).map { member in
            try Bag.draw(
                seed: recipe.bagging.seed, member: member, groups: groups,
                plan: ResamplingPlan(recipe.bagging), classesPresent: present)
        }
    }

    /// Where to find the samples' sizes equal: batches need it.
    public func commonSize() throws -> ImageSize {
        let description = dataset.description
        if let size = description.patch?.size ?? description.size { return size }
        var first: (size: ImageSize, id: String)?
        for index in Set(training + validation).sorted() {
            let image = try dataset.sample(at: index).image
            let size = ImageSize(height: image.height, width: image.width)
            if let first, first.size != size {
                throw FloeError(
                    .usage, file: description.root,
                    "images of different sizes in one batch, "
                        + "'\(first.id)' and '\(dataset.ids[index])'",
                    expected: first.size.description, got: size.description,
                    advice: "set data.size or data.patch")
            }
            first = first ?? (size, dataset.ids[index])
        }
        guard let first else { throw FloeError(.badData, file: description.root, "no images") }
        return first.size
    }

    /// The bag as a manifest carries it.
    func manifestBag(_ recipe: Recipe) throws -> MemberManifest.Bag {
        guard let digest = SHA256Digest(hex: bag.digest) else {
            throw FloeError(.internalFailure, "the bag's digest is not hexadecimal")
        }
        return MemberManifest.Bag(
            seed: bag.seed, member: bag.member, unit: dataset.description.group.unit,
            plan: manifestPlan, drawn: bag.drawnGroups.count, fraction: bag.plan.sampleFraction,
            withReplacement: bag.plan.withReplacement,
            classPolicy: bag.plan.classPolicy == .allow ? .allow : .requireClasses,
            redraws: bag.redraws, idsSHA256: digest, ids: bag.drawnGroups,
            classesNeverSeen: bag.missingClasses.map { dataset.description.classes[$0].name },
            validatedHeldOut: validatesHeldOut ? true : nil)
    }

    /// Nil for a bootstrap, which needs no further word.
    private var manifestPlan: MemberManifest.Bag.Plan? {
        switch bag.plan.kind {
        case .bootstrap: nil
        case .kFold:
            bag.plan.folds.map { folds in
                .init(
                    kind: .kFold, isStratified: bag.plan.isStratified, folds: folds,
                    fold: bag.member % folds, repetition: bag.member / folds)
            }
        case .holdOut: .init(kind: .holdOut, isStratified: bag.plan.isStratified)
        }
    }
}
