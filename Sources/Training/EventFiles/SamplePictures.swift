import DurableFiles
import Foundation
import SegmentationData
import SegmentationModels
import TensorCore

/// A few samples that a member's predictions are watched on, as pictures for TensorBoard.
///
/// They are of the validation split, or of the bag where there is none, and the same in every epoch.
struct SamplePictures {
    /// Samples that are shown.
    static let count = 3
    /// Pixels of a longer side at most: a member's pictures stay below some 2 MB.
    static let side = 160
    /// Samples that are looked at to find one that shows something.
    private static let candidates = 8

    private let assembler: BatchAssembler
    private let evaluation: EvaluationSection
    private let presenceRule: PresenceRule?
    private let indices: [Int]

    init(
        _ assembler: BatchAssembler, evaluation: EvaluationSection, presenceRule: PresenceRule?
    ) throws {
        self.assembler = assembler
        self.evaluation = evaluation
        self.presenceRule = presenceRule
        indices = try Self.chosen(assembler.data)
    }

    /// Of each part of the samples, in their order, the one with the most pixels of some class.
    private static func chosen(_ data: MemberData) throws -> [Int] {
        let samples = data.validation.isEmpty ? Array(Set(data.training)).sorted() : data.validation
        let description = data.dataset.description
        let count = min(count, samples.count)
        return try (0..<count).map { part in
            let own = samples[part * samples.count / count..<(part + 1) * samples.count / count]
            let step = max(1, own.count / candidates)
            var best = (index: own[own.startIndex], pixels: -1)
            for place in stride(from: own.startIndex, to: own.endIndex, by: step).prefix(candidates)
            {
                let pixels = try data.dataset.sample(at: own[place]).target
                    .pixelCounts(classes: description.classes.count).classes
                    .dropFirst(description.skipsBackground ? 1 : 0).reduce(0, +)
                if pixels > best.pixels { best = (own[place], pixels) }
            }
            return best.index
        }
    }

    /// Images and truths, which no training changes.
    func fixed() throws -> [TensorBoardEvent.Value] {
        let description = assembler.data.dataset.description
        let colors = description.colors.enumerated().map { index, color in
            index == 0 && description.skipsBackground ? nil : color
        }
        return try indices.enumerated().flatMap { number, index in
            let sample = try assembler.data.dataset.sample(at: index)
            let picture = picture(of: sample)
            return [
                try value(number, "image", picture, sample.id),
                try value(
                    number, "truth",
                    OverlayRenderer.truth(sample.target, colors: colors, on: picture), sample.id),
            ]
        }
    }

    /// What a network says of them: yellow right, red wrong, green missed. Called on `ComputeThread`.
    ///
    /// - Parameter name: the last part of the tags.
    func predictions(
        _ network: any SegmentationNetwork, backend: any ComputeBackend, name: String
    ) throws -> [TensorBoardEvent.Value] {
        try indices.enumerated().map { number, index in
            let sample = try assembler.data.dataset.sample(at: index)
            let batch = try assembler.batch(of: [index])
            let (logits, presence) = network.predict(batch.image, backend: backend)
            var own = logits.image(0)
            if let presenceRule, let presence {
                own = presenceRule.emptied(own, presence: presence.image(0))
            }
            let decisions = Labels.of(logits: own, batch.target, threshold: evaluation.threshold)
            let overlay = OverlayRenderer.overlay(
                on: picture(of: sample), truth: sample.target,
                decisions: Self.cropped(
                    decisions, height: batch.target.height, width: batch.target.width,
                    to: sample.target),
                hasBackground: assembler.data.dataset.description.skipsBackground)
            return try value(number, name, overlay, sample.id)
        }
    }

    /// Computed bands are no colours.
    private func picture(of sample: Sample) -> Picture {
        let bands = assembler.data.dataset.storedBands
        return OverlayRenderer.picture(of: sample.image.takingFirst(bands.count), names: bands)
    }

    /// Planes without what was padded at their right and bottom.
    private static func cropped(
        _ planes: [UInt8], height: Int, width: Int, to target: SegmentationTarget
    ) -> [UInt8] {
        if target.height == height, target.width == width { return planes }
        var result: [UInt8] = []
        for plane in 0..<planes.count / (height * width) {
            for row in 0..<target.height {
                let start = (plane * height + row) * width
                result += planes[start..<start + target.width]
            }
        }
        return result
    }

    private func value(
        _ number: Int, _ name: String, _ picture: Picture, _ id: String
    ) throws -> TensorBoardEvent.Value {
        let small = picture.shrunk(longerSide: Self.side)
        let split = assembler.data.validation.isEmpty ? "training" : "validation"
        // TensorBoard puts what stands before the first slash together: one group a sample.
        let subject = String(id.map { $0 == "/" ? "_" : $0 }).shortened.onOneLine
        return TensorBoardEvent.Value(
            tag: "\(split)-\(number + 1) \(subject)/\(name)",
            content: .image(
                height: small.height, width: small.width, png: try ImageWriter.png(of: small)))
    }
}
