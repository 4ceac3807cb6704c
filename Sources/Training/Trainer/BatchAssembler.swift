import DurableFiles
import NeuralNetworks
import SegmentationData
import SegmentationModels
import TensorCore

/// Images and targets of one step.
struct Batch: Sendable {
    var image: Tensor
    var target: TargetBatch
    var ids: [String]
}

/// From samples to batches; every batch is a pure function of member, epoch and step.
struct BatchAssembler: Sendable {
    let data: MemberData
    let seed: UInt64
    let member: Int
    let batchSize: Int
    /// Sides are padded to multiples of this.
    let multiple: Int
    /// Positions in the bag that each step of an epoch takes; the last batch may be smaller.
    let stepsPerEpoch: Int
    private let augmenter: SampleAugmenter

    init(_ data: MemberData, recipe: Recipe, member: Int, multiple: Int) {
        self.data = data
        augmenter = SampleAugmenter(data, recipe: recipe, member: member)
        seed = recipe.training.seed
        self.member = member
        batchSize = recipe.training.batch
        self.multiple = multiple
        stepsPerEpoch = max(1, (data.training.count + batchSize - 1) / batchSize)
    }

    /// The bag's positions in the order of an epoch.
    func order(epoch: Int) -> [Int] {
        var positions = Array(data.training.indices)
        var stream = RandomStream(seed: seed, purpose: .shuffle, member: member, epoch: epoch)
        stream.shuffle(&positions)
        return positions
    }

    /// A training batch.
    ///
    /// - Parameters:
    ///   - epoch: counted from 1.
    ///   - step: counted from 0.
    func trainingBatch(epoch: Int, step: Int, order: [Int]) throws -> Batch {
        let positions = order[step * batchSize..<min((step + 1) * batchSize, order.count)]
        let samples = try positions.map { try augmenter.sample(at: $0, epoch: epoch) }
        return try batch(
            samples,
            images: zip(samples, positions).map {
                augmenter.normalised($0, at: $1, epoch: epoch)
            })
    }

    /// Samples as they are.
    func batch(of indices: ArraySlice<Int>) throws -> Batch {
        let samples = try indices.map { try data.dataset.sample(at: $0) }
        return try batch(
            samples, images: samples.map { data.normalisation.applied(to: $0.image) })
    }

    /// - Parameter images: the samples' images, normalised.
    private func batch(_ samples: [Sample], images: [BandImage]) throws -> Batch {
        let description = data.dataset.description
        let height = samples[0].image.height
        let width = samples[0].image.width
        let paddedHeight = (height + multiple - 1) / multiple * multiple
        let paddedWidth = (width + multiple - 1) / multiple * multiple
        let bands = data.dataset.bands.count
        let plane = paddedHeight * paddedWidth
        var image = Tensor(uninitialized: [samples.count, bands, paddedHeight, paddedWidth])
        var labels: [UInt8] = []
        for (index, sample) in samples.enumerated() {
            guard sample.image.height == height, sample.image.width == width else {
                throw Self.otherSize(sample, than: samples[0], description)
            }
            let ready = images[index].paddedByReflection(
                height: paddedHeight, width: paddedWidth)
            for value in ready.values where !value.isFinite {
                throw FloeError(
                    .numeric, file: description.root,
                    "'\(sample.id)' has a value that is not "
                        + "finite", advice: "mark it as nodata or repair the image")
            }
            image.withUnsafeMutableElements { elements in
                ready.values.withUnsafeBufferPointer { values in
                    for offset in values.indices {
                        elements[index * bands * plane + offset] = values[offset]
                    }
                }
            }
            labels += sample.target.padded(height: paddedHeight, width: paddedWidth)
        }
        return Batch(
            image: image,
            target: TargetBatch(
                kind: description.kind == .sigmoid ? .sigmoid : .softmax, batch: samples.count,
                classes: description.classes.count, height: paddedHeight, width: paddedWidth,
                labels: labels),
            ids: samples.map(\.id))
    }

    static func otherSize(
        _ sample: Sample, than first: Sample, _ description: DatasetDescription
    ) -> FloeError {
        FloeError(
            .badData, file: description.root,
            "'\(sample.id)' has another size than '\(first.id)' in one batch",
            expected: "\(first.image.height)x\(first.image.width)",
            got: "\(sample.image.height)x\(sample.image.width)",
            advice: "set data.size or data.patch")
    }
}

extension SegmentationTarget {
    /// Labels plane by plane; pixels beyond the image are ignored.
    func padded(height newHeight: Int, width newWidth: Int) -> [UInt8] {
        let values: [UInt8]
        switch self {
        case .labels(let map): values = map.labels
        case .planes(let planes): values = planes.values
        }
        if newHeight == height, newWidth == width { return values }
        let planes = values.count / (height * width)
        var result = [UInt8](repeating: LabelMap.ignore, count: planes * newHeight * newWidth)
        for plane in 0..<planes {
            for row in 0..<height {
                let from = (plane * height + row) * width
                let to = (plane * newHeight + row) * newWidth
                result.replaceSubrange(to..<to + width, with: values[from..<from + width])
            }
        }
        return result
    }
}
