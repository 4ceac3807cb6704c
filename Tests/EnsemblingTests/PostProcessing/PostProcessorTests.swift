import ModelZoo
import TensorCore
import Testing
import Training

@testable import Ensembling

@Suite struct PostProcessorTests {
    private typealias Steps = PostProcessing.ClassSteps

    private static func output(
        _ names: [String], _ activation: MemberManifest.Output.Activation
    ) -> MemberManifest.Output {
        MemberManifest.Output(
            classes: names.map { .init(name: $0, color: [0, 0, 0]) }, activation: activation,
            threshold: nil)
    }

    private static func steps(_ name: String, _ change: (inout Steps) -> Void) -> Steps {
        var steps = Steps(class: name)
        change(&steps)
        return steps
    }

    /// Digits are classes, rows apart by spaces; the second picture names each pixel's runner-up.
    private static func labels(
        _ picture: String, runnersUp: String? = nil, _ names: [String], _ steps: [Steps],
        connectivity: ConnectedComponents.Connectivity = .eight
    ) throws -> String {
        func values(_ picture: String) -> [UInt8] {
            picture.utf8.filter { $0 != 32 }.map { $0 - 48 }
        }
        let rows = picture.split(separator: " ")
        let processor = try #require(
            PostProcessor(
                PostProcessing(connectivity: connectivity, classes: steps),
                output(names, .softmax)))
        var decisions = values(picture)
        processor.apply(
            to: &decisions, runnersUp: runnersUp.map(values) ?? [], height: rows.count,
            width: rows[0].count)
        return stride(from: 0, to: decisions.count, by: rows[0].count).map { start in
            decisions[start..<start + rows[0].count].map { "\($0)" }.joined()
        }.joined(separator: " ")
    }

    // MARK: Nothing to do

    @Test func nothingToDoIsNoProcessor() {
        let output = Self.output(["a"], .sigmoid)
        #expect(PostProcessor(nil, output) == nil)
        #expect(PostProcessor(PostProcessing(), output) == nil)
        // One pixel is the least that a component has.
        let one = PostProcessing(classes: [Self.steps("a") { $0.minimumSize = 1 }])
        #expect(PostProcessor(one, output) == nil)
    }

    // MARK: Order of the steps

    /// Small components go before the largest is chosen and hulls are made; holes are filled before
    /// the largest is chosen.
    @Test func stepsFollowOneOrder() throws {
        // A ring of 8 around a hole, a bar of 9, and a pixel.
        let ring = "1110000001 1010111111 1110000111 0000000000"
        func picture(_ change: (inout Steps) -> Void) throws -> String {
            try Self.labels(ring, ["background", "a"], [Self.steps("a", change)])
        }
        // Filled, the ring has 9; the other 10 stay the largest.
        #expect(
            try picture {
                $0.largestOnly = true
                $0.fillHoles = .all
            } == "0000000001 0000111111 0000000111 0000000000")
        let hole = "111100 100100 111100 000000 111110 111110"
        func other(_ change: (inout Steps) -> Void) throws -> String {
            try Self.labels(hole, ["background", "a"], [Self.steps("a", change)])
        }
        // 10 against 10, and the first wins; a limit of 11 removes both before the hole is filled.
        #expect(
            try other { $0.largestOnly = true } == "111100 100100 111100 000000 000000 000000")
        #expect(
            try other {
                $0.minimumSize = 11
                $0.fillHoles = .all
            } == "000000 000000 000000 000000 000000 000000")
        #expect(
            try other {
                $0.fillHoles = .atMost(1)
                $0.minimumSize = 10
            } == hole)
        #expect(
            try other {
                $0.fillHoles = .atMost(2)
                $0.largestOnly = true
            } == "111100 111100 111100 000000 000000 000000")
    }

    @Test func connectivityDecides() throws {
        let diagonal = "100 010 000"
        for (connectivity, expected) in [
            (ConnectedComponents.Connectivity.eight, diagonal), (.four, "000 000 000"),
        ] {
            #expect(
                try Self.labels(
                    diagonal, ["background", "a"], [Self.steps("a") { $0.minimumSize = 2 }],
                    connectivity: connectivity) == expected)
        }
    }

    // MARK: Sigmoid

    @Test func planesAreCleanedByThemselves() throws {
        let processor = try #require(
            PostProcessor(
                PostProcessing(classes: [Self.steps("b") { $0.minimumSize = 2 }]),
                Self.output(["a", "b", "c"], .sigmoid)))
        #expect(!processor.needsRunnersUp)
        let plane: [UInt8] = [1, 0, 1, 1]
        var decisions = plane + plane + plane
        processor.apply(to: &decisions, runnersUp: [], height: 1, width: 4)
        #expect(decisions == plane + [0, 0, 1, 1] + plane)
    }

    // MARK: Softmax

    @Test func removedPixelsBecomeBackground() throws {
        #expect(
            try Self.labels(
                "1022 0022 3300", ["Background", "a", "b", "c"],
                [Self.steps("a") { $0.minimumSize = 2 }, Self.steps("c") { $0.minimumSize = 3 }])
                == "0022 0022 0000")
    }

    @Test func removedPixelsBecomeTheNextClassWithoutABackground() throws {
        #expect(
            try Self.labels(
                "1022 0022 2200", runnersUp: "2111 1111 0011", ["land", "a", "b"],
                [Self.steps("a") { $0.minimumSize = 2 }, Self.steps("b") { $0.minimumSize = 7 }])
                == "2011 0011 0000")
        // A background that is cleaned itself cannot keep what it gives up.
        #expect(
            try Self.labels(
                "0111", runnersUp: "2000", ["background", "a", "b"],
                [Self.steps("background") { $0.minimumSize = 2 }]) == "2111")
    }

    /// Holes and hulls take from classes without steps, and not from those that keep a pixel.
    @Test func cleanedClassesTakeFromTheOthers() throws {
        let ring = "111 121 111"
        let fill = Self.steps("a") { $0.fillHoles = .all }
        #expect(try Self.labels(ring, ["background", "a", "b"], [fill]) == "111 111 111")
        let keep = Self.steps("b") { $0.convexHull = true }
        #expect(try Self.labels(ring, ["background", "a", "b"], [fill, keep]) == ring)
        // What b gives up is the filled hole's, not the background's.
        let drop = Self.steps("b") { $0.minimumSize = 2 }
        #expect(try Self.labels(ring, ["background", "a", "b"], [drop, fill]) == "111 111 111")
        // Where hulls cross on what neither class had, the first class has it.
        let hulls = ["b", "a"].map { name in Self.steps(name) { $0.convexHull = true } }
        #expect(
            try Self.labels("22222 00200 10201 10201 11111", ["background", "a", "b"], hulls)
                == "22222 02220 11211 11211 11111")
    }

    @Test func runnersUpAreTheNextMostProbable() {
        let probabilities: [Float] = [0.5, 0.1, 0.2, 0.3, 0.1, 0.4, 0.2, 0.8, 0.4]
        #expect(
            PostProcessor.runnersUp(
                probabilities: probabilities, decisions: [0, 2, 1], classes: 3) == [1, 0, 2])
        // Of equal ones the lower.
        #expect(
            PostProcessor.runnersUp(probabilities: [0.4, 0.3, 0.3], decisions: [0], classes: 3)
                == [1])
    }

    /// Every step changes something, and another value of it something else.
    @Test func everyKeyMatters() throws {
        var stream = RandomStream(seed: 4, purpose: .test)
        let picture = (0..<30).map { _ in
            (0..<30).map { _ in stream.index(below: 5) < 3 ? "1" : "0" }.joined()
        }.joined(separator: " ")
        let variants: [(inout Steps) -> Void] = [
            { $0.minimumSize = 2 }, { $0.minimumSize = 6 }, { $0.fillHoles = .all },
            { $0.fillHoles = .atMost(1) }, { $0.largestOnly = true }, { $0.convexHull = true },
        ]
        var seen: Set<String> = [picture]
        for change in variants {
            let result = try Self.labels(
                picture, ["background", "a"], [Self.steps("a", change)], connectivity: .four)
            #expect(seen.insert(result).inserted)
        }
    }
}
