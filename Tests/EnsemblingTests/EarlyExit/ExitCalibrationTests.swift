import Foundation
import TensorCore
import Testing

@testable import Ensembling

/// The promise on members whose errors are drawn: images differ, and so do members.
@Suite struct ExitCalibrationTests {
    private static let side = 24
    private static let members = 6

    /// An image that all members see: an edge somewhere, and how clear it is.
    private static func image(_ number: Int) -> SimulatedMembers {
        var stream = RandomStream(seed: 77, purpose: .test, sample: number)
        var result = SimulatedMembers(number: 0, pixels: side * side)
        result.rule = Combiner.Rule(
            method: .softVoting, space: .probability, isExclusive: false, thresholds: [0.5])
        result.classes = 1
        let place = stream.uniform(4, 20)
        let clearness = stream.uniform(1, 4)
        result.answers = (0..<members).map { _ in
            let shift = stream.uniform(-0.7, 0.7)
            return (0..<side * side).map { pixel in
                let noise = stream.uniform(-1, 1)
                let logit = clearness * (Double(pixel % side) - place + shift) + noise
                return Float(1 / (1 + exp(-logit)))
            }
        }
        result.weights = [[Double]](repeating: [1 / Double(members)], count: members)
        result.thresholds = [[Double]](repeating: [0.5], count: members)
        return result
    }

    private static func trace(_ image: SimulatedMembers, cell: Int) -> ExitTrace {
        var recorder = ExitRecorder(
            SettledLabels(image.rule, weights: image.weights), members: members, classes: 1,
            height: side, width: side)
        for (index, answer) in image.answers.enumerated() {
            recorder.add(
                answer, weights: image.weights[index], thresholds: image.thresholds[index])
        }
        // A window for each cell.
        let starts = Array(stride(from: 0, to: side, by: cell))
        return recorder.finished(
            side: cell,
            windows: starts.flatMap { top in
                starts.map { left in .init(rows: top..<top + cell, columns: left..<left + cell) }
            })
    }

    private static let images = (0..<60).map { image($0) }
    private static let risks = [0.0001, 0.005, 0.01, 0.05]
    private static let fitted = ExitCalibration.fit(
        images.enumerated().map {
            .init(group: "\($0.offset)", trace: trace($0.element, cell: 8))
        }, members: members, risks: risks)

    private static func share(_ labels: [UInt8], _ truth: [UInt8]) -> Double {
        Double(zip(labels, truth).count { $0 != $1 }) / Double(truth.count)
    }

    /// On images that nobody has seen.
    @Test func thePromiseHolds() throws {
        let fit = try #require(Self.fitted)
        #expect(fit.images == 30 && fit.heldBack == 30)
        #expect(fit.levels.count >= 2)
        #expect(fit.levels.last?.risk == 0.05)
        for level in fit.levels {
            #expect(level.bound <= level.risk && level.changed <= level.risk)
            let rule = CalibratedExit(
                risk: level.risk, table: fit.table, threshold: level.threshold, side: 8)
            let changed = (1000..<1060).map { number in
                let image = Self.image(number)
                return Self.share(image.earlyLabels(rule, height: Self.side), image.labels)
            }
            #expect(changed.reduce(0, +) / 60 <= level.risk, "risk \(level.risk)")
        }
        // More risk, fewer members.
        let members = fit.levels.map(\.members)
        #expect(zip(members, members.dropFirst()).allSatisfy { $0 >= $1 })
        #expect(try #require(members.last) < fit.exactMembers - 0.5)
        #expect(fit.exactMembers > Double(Self.members) / 2)
    }

    /// What is reckoned from counts is what prediction does.
    @Test func tracesAreWhatPredictionDoes() throws {
        let fit = try #require(Self.fitted)
        for threshold in [0, 0.002, 0.02, 0.3] {
            let rule = CalibratedExit(
                risk: 0.5, table: fit.table, threshold: threshold, side: 8)
            for number in 2000..<2006 {
                let image = Self.image(number)
                let stops = ExitCalibration.Stops(
                    Self.trace(image, cell: 8), fit.table, members: Self.members)
                let labels = image.earlyLabels(rule, height: Self.side)
                let outcome = stops.outcome(threshold)
                #expect(abs(outcome.changed - Self.share(labels, image.labels)) < 1e-12)
                if threshold == 0 { #expect(outcome.changed == 0) }
            }
        }
    }

    @Test func fewImagesPromiseNothing() {
        let one = Self.trace(Self.image(1), cell: 8)
        let groups = (0..<20).map { ExitCalibration.Image(group: "\($0 % 7)", trace: one) }
        #expect(ExitCalibration.fit(groups, members: Self.members, risks: Self.risks) == nil)
    }

    /// Held back, members change their minds: what the others showed is a promise only where it holds.
    @Test func whatOthersDoNotKeepIsNotPromised() throws {
        let images = Self.images.prefix(24).enumerated().map { number, image in
            var own = image
            if !number.isMultiple(of: 2) {
                for member in 2..<Self.members {
                    own.answers[member] = own.answers[0].map { 1 - $0 }
                }
            }
            return ExitCalibration.Image(group: "\(number)", trace: Self.trace(own, cell: 8))
        }
        let fit = try #require(
            ExitCalibration.fit(images, members: Self.members, risks: Self.risks))
        #expect(fit.levels.allSatisfy { $0.changed <= $0.risk })
        #expect(!fit.levels.contains { $0.risk == 0.05 })
        #expect(fit.exactMembers > Double(Self.members) / 2)
    }

    @Test func theBoundIsStudentsAndChens() {
        let outcomes = [0.01, 0.02, 0.03, 0.04].map {
            ExitCalibration.Outcome(changed: $0, expected: 0.001, members: 1)
        }
        // 0.025 + 2.353363 x 0.0129099 / 2.
        #expect(abs(ExitCalibration.bound(outcomes) - 0.0401910) < 1e-6)
        // One of six that changes much: 0.01 + (2.015048 + 2.449490 x 9.120839 / 14.696938) x 0.01.
        let skewed = [0, 0, 0, 0, 0, 0.06].map {
            ExitCalibration.Outcome(changed: $0, expected: 0.001, members: 1)
        }
        #expect(abs(ExitCalibration.bound(skewed) - 0.0453521) < 1e-6)
        let expected = outcomes.map {
            ExitCalibration.Outcome(changed: $0.changed, expected: 0.5, members: 1)
        }
        #expect(ExitCalibration.bound(expected) == 0.5)
        // Nothing changed on four: up to 1 - 0.05^(1/4) of the images may, by all that was open.
        let still = [0.001, 0.02, 0, 0].map {
            ExitCalibration.Outcome(changed: 0, expected: 0.001, open: $0, members: 1)
        }
        #expect(abs(ExitCalibration.bound(still) - 0.0105426) < 1e-6)
        let shut = still.map {
            ExitCalibration.Outcome(changed: $0.changed, expected: 0, members: 1)
        }
        #expect(ExitCalibration.bound(shut) == 0)
        // A larger threshold that changed little bounds one that changed nothing, and not the reverse.
        let little = [0.001, 0.002, 0, 0].map {
            ExitCalibration.Outcome(changed: $0, expected: 0.001, open: 0.5, members: 1)
        }
        let bounds = ExitCalibration.bounds([still, little, still, outcomes])
        let ofLittle = ExitCalibration.bound(little)
        #expect(ofLittle < 0.0105)
        #expect(bounds[0] == ofLittle && bounds[1] == ofLittle)
        #expect(abs(bounds[2] - 0.0105426) < 1e-6 && abs(bounds[3] - 0.0401910) < 1e-6)
    }
}
