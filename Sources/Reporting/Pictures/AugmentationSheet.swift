import SegmentationData
import Training

/// What training images look like under a recipe's `augmentation:`.
///
/// A row for each of the first samples of a member's bag: the sample as it is, under each transform
/// of the recipe alone and made every time, and under all of them as training draws them. The truth lies over the images in the classes' colours; ignored pixels are dark. All
/// pictures of a row are stretched alike, so that brightness and contrast show.
public struct AugmentationSheet {
    private let data: MemberData
    private let recipe: Recipe
    private let columns: [(label: String, augmenter: SampleAugmenter)]

    public init(_ data: MemberData, recipe: Recipe, member: Int) {
        self.data = data
        self.recipe = recipe
        func column(_ label: String, _ augmentation: Augmentation) -> (String, SampleAugmenter) {
            (
                label,
                SampleAugmenter(data, recipe: recipe, member: member, augmentation: augmentation)
            )
        }
        let transforms = recipe.augmentation.transforms
        columns =
            [column("original", Augmentation())]
            + transforms.map { column($0.key, $0.alone) }
            + (transforms.isEmpty ? [] : [column("all", recipe.augmentation)])
    }

    /// The picture.
    ///
    /// - Parameters:
    ///   - count: samples at most.
    ///   - epoch: counted from 1; another one draws other numbers.
    ///   - side: pixels of a picture's longer side.
    ///   - onRow: called with the number of samples drawn so far.
    public func picture(
        count: Int, epoch: Int, side: Int = 160, onRow: (Int) throws -> Void = { _ in }
    ) throws -> Picture {
        var sheet = ContactSheet(captions: columns.map(\.label), side: side)
        let description = recipe.data
        let colors = description.colors.enumerated().map { index, color in
            index == 0 && description.skipsBackground ? nil : color
        }
        var shown: Set<Int> = []
        for position in data.training.indices where shown.count < count {
            guard shown.insert(data.training[position]).inserted else { continue }
            var original: BandImage?
            var label = ""
            let pictures = try columns.map { column in
                let sample = try column.augmenter.sample(at: position, epoch: epoch)
                let image = column.augmenter.normalised(sample, at: position, epoch: epoch)
                original = original ?? image
                label = sample.id
                return OverlayRenderer.truth(
                    sample.target, colors: colors,
                    on: OverlayRenderer.picture(
                        of: image, names: data.dataset.bands, stretchedAs: original))
            }
            sheet.add(label: label, pictures)
            try onRow(shown.count)
        }
        return sheet.picture
    }
}
