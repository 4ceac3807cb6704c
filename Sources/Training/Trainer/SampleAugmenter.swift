import DurableFiles
import SegmentationData
import TensorCore

/// A member's training samples as they look in an epoch.
///
/// Everything is a pure function of seed, member, epoch and position in the bag. What is pasted or
/// mixed in comes from the member's own bag, so that its out-of-bag images stay unseen.
public struct SampleAugmenter: Sendable {
    private let data: MemberData
    private let augmentation: Augmentation
    private let seed: UInt64
    private let member: Int

    /// - Parameter augmentation: nil takes the recipe's; another's `paste` must have the recipe's
    ///   classes.
    public init(
        _ data: MemberData, recipe: Recipe, member: Int, augmentation: Augmentation? = nil
    ) {
        self.data = data
        self.augmentation = augmentation ?? recipe.augmentation
        seed = recipe.training.seed
        self.member = member
    }

    /// The sample at a position of the bag, in the file's own units.
    public func sample(at position: Int, epoch: Int) throws -> Sample {
        let draw = draw(position, epoch)
        var sample = try moved(position, draw)
        if let paste = augmentation.paste, let source = data.pasteSource {
            var stream = draw.stream(.paste)
            if stream.chance(paste.probability), !source.classes.isEmpty {
                let drawn = source.classes[stream.index(below: source.classes.count)]
                if let other = other(than: position, among: drawn.positions, &stream) {
                    let isWhole = paste.region == .whole
                    sample = sample.pasting(
                        class: drawn.label,
                        of: try partner(at: other, draw.partner(for: .paste), of: sample),
                        feather: paste.feather,
                        component: isWhole ? nil : { stream.index(below: $0) })
                }
            }
        }
        if let mix = augmentation.mix {
            var stream = draw.stream(.mix)
            if stream.chance(mix.probability) {
                let box = mix.box(
                    &stream, height: sample.image.height, width: sample.image.width)
                if let other = other(than: position, among: data.training.indices, &stream) {
                    sample = sample.replacing(
                        rows: box.rows, columns: box.columns,
                        from: try partner(at: other, draw.partner(for: .mix), of: sample))
                }
            }
        }
        return sample
    }

    /// The image of such a sample as the network sees it.
    public func normalised(_ sample: Sample, at position: Int, epoch: Int) -> BandImage {
        var image = data.normalisation.applied(to: sample.image)
        augmentation.changeIntensity(of: &image, for: draw(position, epoch))
        return image
    }

    private func draw(_ position: Int, _ epoch: Int) -> Augmentation.Draw {
        Augmentation.Draw(seed: seed, member: member, epoch: epoch, sample: position)
    }

    private func moved(_ position: Int, _ draw: Augmentation.Draw) throws -> Sample {
        augmentation.moved(try data.dataset.sample(at: data.training[position]), for: draw)
    }

    /// A position of the bag that holds another sample; nil where none does.
    private func other(
        than position: Int, among positions: some RandomAccessCollection<Int>,
        _ stream: inout RandomStream
    ) -> Int? {
        let first = stream.index(below: positions.count)
        // The drawn one, or else the next.
        for step in 0..<positions.count {
            let index = (first + step) % positions.count
            let candidate = positions[positions.index(positions.startIndex, offsetBy: index)]
            if data.training[candidate] != data.training[position] { return candidate }
        }
        return nil
    }

    private func partner(
        at position: Int, _ draw: Augmentation.Draw, of sample: Sample
    ) throws -> Sample {
        let partner = try moved(position, draw)
        guard
            partner.image.height == sample.image.height, partner.image.width == sample.image.width
        else {
            throw BatchAssembler.otherSize(partner, than: sample, data.dataset.description)
        }
        return partner
    }
}
