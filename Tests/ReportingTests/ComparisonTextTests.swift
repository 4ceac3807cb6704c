import Reporting
import SegmentationMetrics
import Testing
import Training

@testable import Ensembling

@Suite struct ComparisonTextTests {
    private static func row(
        _ kind: Comparison.Row.Kind, _ name: String, _ values: [Double?], skipped: Int = 0
    ) -> Comparison.Row {
        Comparison.Row(
            kind: kind, name: name, iou: values[0], dice: values[1], pixelAccuracy: values[2],
            loss: values[3], validationLoss: values[4], minutes: values[5], skipped: skipped,
            pooledDice: nil, pooledIoU: nil)
    }

    private static func comparison(
        _ change: (inout Comparison) -> Void = { _ in }
    ) -> Comparison {
        var result = Comparison(
            created: "2025-03-01T09:30:00Z", software: "test", ensemble: "e", data: "squares",
            split: "test", images: 12, seenInTraining: 0, classes: ["ice", "water"],
            reduction: .perImage, absentClasses: .skip, loss: "1.0 x bce",
            rows: [
                row(.member, "m0", [0.375, 0.53333, 0.375, 1.23456, 0.5, 2]),
                row(.member, "m1", [0.6, 0.75, 0.9, 0.4, nil, 3.25]),
                row(.meanMember, "mean member", [0.4875, 0.6416, 0.6375, 0.81728, 0.5, 2.625]),
                row(.ensemble, "ensemble", [nil, nil, 1, 0.3, nil, nil]),
            ],
            differences: [], outOfBag: nil, perImage: [])
        change(&result)
        return result
    }

    private static func difference(
        _ change: (inout Comparison.Difference) -> Void = { _ in }
    ) -> Comparison.Difference {
        var result = Comparison.Difference(
            against: "mean member", mean: 0.01234, lower: -0.00101, upper: 0.0255, wins: 7,
            ties: 2, losses: 3, groups: 12, pValue: 0.04213, adjustedPValue: nil)
        change(&result)
        return result
    }

    private static let head = """
        squares, split test: 12 images, ice, water; mean of per-image scores, \
        absent classes: skip

                       IoU   Dice  pixel acc.   loss  val. loss  minutes
        -----------  -----  -----  ----------  -----  ---------  -------
        m0           0.375  0.533       0.375  1.235      0.500      2.0
        m1           0.600  0.750       0.900  0.400        n/a      3.3
        -----------  -----  -----  ----------  -----  ---------  -------
        mean member  0.488  0.642       0.638  0.817      0.500      2.6
        -----------  -----  -----  ----------  -----  ---------  -------
        ensemble       n/a    n/a       1.000  0.300        n/a      n/a

        """

    /// The lines below the table.
    private static func notes(_ change: (inout Comparison) -> Void) -> [String] {
        let text = comparison(change).text
        #expect(text.hasPrefix(head), "\(text)")
        return text.dropFirst(head.count).split(separator: "\n").map(String.init)
    }

    @Test func severalClassesHaveATableOfTheirOwn() {
        let text = Self.comparison {
            $0.rows[3].classes = [
                .init(name: "ice", precision: 0.5, recall: 0.25, dice: 1.0 / 3, iou: 0.2),
                .init(name: "water", recall: 0),
            ]
        }.text
        let lines = text.split(separator: "\n").map {
            $0.split(separator: " ", omittingEmptySubsequences: true)
        }
        #expect(lines.contains(["ice", "0.500", "0.250", "0.333", "0.200"]))
        #expect(lines.contains(["water", "n/a", "0.000", "n/a", "n/a"]))
        #expect(!Self.comparison().text.contains("recall"))
    }

    @Test func theTableAlone() {
        let text = Self.comparison().text
        #expect(text == Self.head, "\(text)")
    }

    @Test func imagesThatWereFittedOnAreAWarning() {
        #expect(Self.notes { $0.fittedImages = 0 } == [])
        #expect(
            Self.notes { $0.fittedImages = 5 } == [
                "WARNING: post-processing was fitted on 5 of these 12 images, so the scores with it "
                    + "are too good; compare on data that chose nothing."
            ])
        #expect(
            Self.notes { ($0.fittedImages, $0.fittedParts) = (2, ["weights", "temperature"]) } == [
                "WARNING: weights, temperature were fitted on 2 of these 12 images, so the scores "
                    + "with them are too good; compare on data that chose nothing."
            ])
    }

    @Test func testTimeAugmentationIsTold() throws {
        func note(_ isOverridden: Bool, _ members: [[String]]) throws -> [String] {
            let members = try members.map { try #require(TestTimeAugmentation($0)) }
            return Self.notes { $0.testTime = .init(isOverridden: isOverridden, members: members) }
        }
        #expect(try note(false, [[], []]) == [])
        #expect(
            try note(false, [["0.75", "horizontal-flip"], ["horizontal-flip", "0.75"]])
                == ["Test-time augmentation: horizontal-flip, 0.75."])
        #expect(
            try note(false, [[], ["vertical-flip"]])
                == ["Test-time augmentation: each member's own (none; vertical-flip)."])
        #expect(
            try note(true, [[], []])
                == ["Test-time augmentation: none, in place of the members' own."])
    }

    @Test func theVerdict() {
        #expect(
            Self.notes { $0.differences = [Self.difference()] } == [
                "Ensemble minus mean member: Dice +0.0123, 95 % interval -0.0010 to 0.0255; "
                    + "better on 7, equal on 2, worse on 3 images; Wilcoxon p = 0.0421."
            ])
    }

    /// Only the first difference, that against the mean member, is put into words.
    @Test func oneVerdictOnly() {
        let others = (0..<3).map { index in Self.difference { $0.against = "m\(index)" } }
        #expect(Self.notes { $0.differences = [Self.difference()] + others }.count == 1)
    }

    @Test func aVerdictWithoutAnInterval() {
        #expect(
            Self.notes { comparison in
                comparison.differences = [
                    Self.difference {
                        $0.mean = -0.5
                        $0.lower = nil
                        $0.upper = nil
                        $0.pValue = 1
                    }
                ]
            } == [
                "Ensemble minus mean member: Dice -0.5000; better on 7, equal on 2, worse on 3 "
                    + "images; Wilcoxon p = 1.0000."
            ])
    }

    @Test func groupsAndSmallProbabilities() {
        #expect(
            Self.notes { comparison in
                comparison.differences = [
                    Self.difference {
                        $0.groups = 5
                        $0.pValue = 0.00001
                    }
                ]
            } == [
                "Ensemble minus mean member: Dice +0.0123, 95 % interval -0.0010 to 0.0255; "
                    + "better on 7, equal on 2, worse on 3 images; Wilcoxon p < 0.0001 over 5 "
                    + "groups."
            ])
    }

    /// Two of the twelve images have no Dice: the other ten are no groups.
    @Test func imagesWithoutADiceMakeNoGroups() {
        let notes = Self.notes { comparison in
            comparison.differences = [
                Self.difference { ($0.wins, $0.ties, $0.losses, $0.groups) = (5, 2, 3, 10) }
            ]
        }
        #expect(notes.count == 1 && notes[0].hasSuffix("on 3 images; Wilcoxon p = 0.0421."))
    }

    @Test func imagesThatFailAndImagesWithoutAScore() {
        let images: [(own: Double?, members: [Double?])] = [
            (0, [0, 0]), (0.5, [0, 0.5]), (nil, [nil, 0.25]),
        ]
        let notes = Self.notes { comparison in
            comparison.perImage = images.map {
                .init(id: "a", group: nil, ensembleDice: $0.own, memberDice: $0.members)
            }
        }
        #expect(
            notes == [
                "Without a Dice of the ensemble, and in none of its means and differences: 1 of 3 "
                    + "images.", "Images with Dice 0: 1 by the ensemble, 1 to 2 by a member.",
            ])
        #expect(
            Self.notes {
                $0.perImage = [.init(id: "a", group: nil, ensembleDice: 1, memberDice: [1, 1])]
            } == [])
    }

    @Test func imagesSeenInTraining() {
        #expect(
            Self.notes { $0.seenInTraining = 4 } == [
                "WARNING: members were trained on 4 of these 12 images, so the scores are too "
                    + "good; compare on data that they have not seen."
            ])
    }

    @Test func missingMembers() {
        #expect(
            Self.notes { $0.missingMembers = ["m2: no such file", "m3: damaged"] } == [
                "WARNING: members of the ensemble are missing (2); this is the comparison of the "
                    + "others."
            ])
    }

    /// Of several rows the one that left out most.
    @Test func skippedValues() {
        #expect(
            Self.notes {
                $0.rows[0].skipped = 2
                $0.rows[1].skipped = 5
            } == [
                "Left out: 5 scores of classes that an image has in neither truth nor "
                    + "prediction."
            ])
    }

    @Test(arguments: [(0.81249, "0.812"), (nil, "n/a")] as [(Double?, String)])
    func outOfBag(_ dice: Double?, _ written: String) {
        #expect(
            Self.notes { comparison in
                comparison.outOfBag = OutOfBagScore(
                    score: .init(
                        reduction: .perImage, absentClasses: .skip, images: 39,
                        values: dice.map { ["dice": $0] } ?? [:]),
                    coverage: .init(images: 39, total: 45, meanVotes: 1.846))
            } == ["Out of bag: Dice \(written) on 39 of 45 training images (1.8 votes each)."])
    }

    @Test func allNotesInOrder() {
        let notes = Self.notes { comparison in
            comparison.missingMembers = ["m2: gone"]
            comparison.seenInTraining = 1
            comparison.rows[3].skipped = 1
            comparison.differences = [Self.difference()]
            comparison.outOfBag = OutOfBagScore(
                score: .init(
                    reduction: .perImage, absentClasses: .skip, images: 1, values: ["dice": 0.5]),
                coverage: .init(images: 1, total: 2, meanVotes: 1))
        }
        #expect(notes.count == 5)
        for (note, start) in zip(
            notes,
            [
                "WARNING: members of the ensemble", "WARNING: members", "Left out: 1", "Ensemble",
                "Out of bag",
            ])
        {
            #expect(note.hasPrefix(start), "\(note)")
        }
    }
}
