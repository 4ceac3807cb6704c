import SegmentationMetrics
import TensorCore
import Testing
import Training

@testable import Ensembling

/// The grid from component statistics against every mask made and counted by itself.
@Suite struct PostProcessingGridTests {
    private static let thresholds: [Double?] = [0.3, 0.5, 0.62, 0.8]
    private static let sizes = [0, 2, 3, 5, 8, 13, 40]
    private static let (height, width) = (24, 31)

    private struct Image {
        var probabilities: [Float]
        var truth: [UInt8]

        func mask(_ threshold: Double?) -> BinaryMask {
            probabilities.withUnsafeBufferPointer {
                BinaryMask(
                    height: height, width: width, probabilities: $0,
                    threshold: Float(threshold ?? 0.5))
            }
        }
    }

    /// Images with ignored pixels, one without the class, one that is ignored throughout.
    private static func images(_ seed: UInt64) -> [Image] {
        (0..<7).map { number in
            var stream = RandomStream(seed: seed, purpose: .test, sample: number)
            let probabilities = (0..<height * width).map { _ in Float(stream.index(below: 20)) / 20
            }
            let truth = probabilities.map { value -> UInt8 in
                if number == 5 { return 0 }
                if number == 6 || stream.index(below: 10) == 0 { return 255 }
                return Int(value * 20) + stream.index(below: 12) > 18 ? 1 : 0
            }
            return Image(probabilities: probabilities, truth: truth)
        }
    }

    /// Mean scores of one place, mask by mask.
    private static func naive(
        _ images: [Image], _ steps: PostProcessing.ClassSteps, _ metric: Metric,
        _ absent: AbsentClassPolicy, _ threshold: Double?, _ size: Int
    ) -> Double? {
        var steps = steps
        steps.minimumSize = size
        let scores = images.compactMap { image in
            ConfusionCounts(
                truth: image.truth,
                prediction: steps.applied(to: image.mask(threshold), .eight).values
            ).score(metric, absent: absent)
        }
        return scores.isEmpty ? nil : scores.reduce(0, +) / Double(scores.count)
    }

    private static func grid(
        _ images: [Image], _ steps: PostProcessing.ClassSteps, _ metric: Metric = .dice,
        _ absent: AbsentClassPolicy = .one, thresholds: [Double?], sizes: [Int]
    ) -> PostProcessingGrid.Choice? {
        var grid = PostProcessingGrid(
            steps, connectivity: .eight, metric: metric, absent: absent, thresholds: thresholds,
            sizes: sizes)
        for image in images { grid.add(.init(image.truth[...])) { image.mask($0) } }
        return grid.best
    }

    @Test(arguments: [Metric.dice, .iou], AbsentClassPolicy.allCases)
    func everyPlaceEqualsItsMasks(_ metric: Metric, _ absent: AbsentClassPolicy) {
        let images = Self.images(3)
        var later = PostProcessing.ClassSteps(class: "a")
        later.fillHoles = .atMost(3)
        later.convexHull = true
        for steps in [PostProcessing.ClassSteps(class: "a"), later] {
            for threshold in Self.thresholds {
                for size in Self.sizes {
                    let cell = Self.grid(
                        images, steps, metric, absent, thresholds: [threshold], sizes: [size])
                    #expect(
                        cell?.mean
                            == Self.naive(images, steps, metric, absent, threshold, size))
                }
            }
        }
    }

    @Test func theBestIsTheBestOfAll() throws {
        for seed in 1...4 as ClosedRange<UInt64> {
            let images = Self.images(seed)
            let steps = PostProcessing.ClassSteps(class: "a")
            let best = try #require(
                Self.grid(images, steps, thresholds: Self.thresholds, sizes: Self.sizes))
            let all = Self.thresholds.flatMap { threshold in
                Self.sizes.compactMap {
                    Self.naive(images, steps, .dice, .one, threshold, $0)
                }
            }
            #expect(best.mean == all.max())
            // The order of the grid does not show.
            let turned = Self.grid(
                images, steps, thresholds: Self.thresholds.reversed(),
                sizes: Self.sizes.reversed())
            #expect(turned == best)
        }
    }

    /// Everything is right everywhere: the smallest change wins.
    @Test func tiesGoToTheSmallestChange() {
        let image = Image(
            probabilities: [Float](repeating: 0, count: Self.height * Self.width),
            truth: [UInt8](repeating: 0, count: Self.height * Self.width))
        let best = Self.grid(
            [image], PostProcessing.ClassSteps(class: "a"),
            thresholds: [0.9, 0.55, 0.45, 0.1], sizes: [9, 4, 7])
        #expect(best?.threshold == 0.45 && best?.size == 4)
        #expect(best?.mean == 1)
    }

    @Test func nothingToScoreIsNoScore() {
        let image = Image(
            probabilities: [Float](repeating: 1, count: Self.height * Self.width),
            truth: [UInt8](repeating: 255, count: Self.height * Self.width))
        let best = Self.grid(
            [image], PostProcessing.ClassSteps(class: "a"), thresholds: [0.5], sizes: [0])
        #expect(best?.mean == nil)
    }
}
