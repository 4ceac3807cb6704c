import SegmentationMetrics
import TensorCore
import Testing

@Suite struct ErrorDetectionTests {
    @Test func theGoldensAreThere() { #expect(ErrorDetectionCase.all.count == 6) }

    @Test(arguments: ErrorDetectionCase.all)
    func theAreaUnderTheROCIsScikitLearns(_ golden: ErrorDetectionCase) {
        let detection = golden.detection
        #expect(detection.pixels == golden.pixels && detection.errors == golden.errors)
        expectEqual(detection.areaUnderROC, golden.auroc, "area under the ROC")
        expectEqual(
            detection.errorRate, Double(golden.errors) / Double(golden.pixels), "error rate")
        for bin in 0..<golden.bins {
            let inside = zip(golden.bin, golden.wrong).filter { $0.0 == bin }
            #expect(detection.wrong[bin] == inside.count { $0.1 })
            #expect(detection.right[bin] == inside.count { !$0.1 })
        }
    }

    /// Uncertainties as networks give them, most of them next to nothing, in 1,000 bins: as good as
    /// without bins.
    @Test func binsHardlyCost() throws {
        var stream = RandomStream(seed: 12, purpose: .test)
        var (uncertainty, wrong) = ([Float](), [Bool]())
        for _ in 0..<4000 {
            let depth = 10 * stream.uniform()
            let value =
                Float(0x1p-1) * Float(1 / (1 + depth * depth * depth * depth * depth * depth))
            uncertainty.append(value)
            wrong.append(stream.chance(0.3 / (1 + depth * depth)))
        }
        let order = uncertainty.indices.sorted { uncertainty[$0] < uncertainty[$1] }
        var (rightBelow, pairs) = (0.0, 0.0)
        for pixel in order {
            if wrong[pixel] { pairs += rightBelow } else { rightBelow += 1 }
        }
        let exact = pairs / (rightBelow * Double(wrong.count { $0 }))
        var detection = ErrorDetection()
        detection.add(
            uncertainty: uncertainty, decisions: wrong.map { $0 ? 1 : 0 },
            truth: [UInt8](repeating: 0, count: 4000))
        let area = try #require(detection.areaUnderROC)
        #expect(abs(area - exact) < 5e-4)
        #expect(exact > 0.7 && exact < 0.99)
    }

    @Test func ignoredPixelsMayHoldAnything() {
        var detection = ErrorDetection()
        detection.add(
            uncertainty: [.nan, 7, 0.5, 1, 0], decisions: [1, 255, 1, 1, 0],
            truth: [255, 1, 0, 1, 0], ignore: [0, 0, 0, 0, 1])
        #expect(detection.pixels == 2 && detection.errors == 1)
    }

    @Test func imagesAddUp() {
        for golden in ErrorDetectionCase.all {
            let cut = golden.pixels / 3
            func part(_ range: Range<Int>) -> ErrorDetection {
                var detection = ErrorDetection(bins: golden.bins)
                detection.add(
                    uncertainty: Array(golden.uncertainty[range]),
                    decisions: golden.wrong[range].map { $0 ? 1 : 0 },
                    truth: [UInt8](repeating: 0, count: range.count))
                return detection
            }
            #expect(part(0..<cut) + part(cut..<golden.pixels) == golden.detection)
        }
    }

    @Test func endsFallInTheEndBins() {
        var detection = ErrorDetection(bins: 10)
        detection.add(uncertainty: [0, 1], decisions: [0, 0], truth: [0, 1])
        #expect(detection.right[0] == 1 && detection.wrong[9] == 1)
        #expect(detection.areaUnderROC == 1)
    }

    @Test func nothingIsUndefined() {
        let detection = ErrorDetection()
        #expect(detection.areaUnderROC == nil && detection.errorRate == nil)
    }

    @Test func whatIsNoShareStops() async {
        await #expect(processExitsWith: .failure) {
            var detection = ErrorDetection()
            detection.add(uncertainty: [1.5], decisions: [0], truth: [0])
        }
        await #expect(processExitsWith: .failure) {
            _ = ErrorDetection(bins: 10) + ErrorDetection(bins: 20)
        }
    }
}
