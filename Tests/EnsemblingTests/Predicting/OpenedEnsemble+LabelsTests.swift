import DurableFiles
import ModelZoo
import SegmentationData
import Testing
import TrainingTestSupport

@testable import Ensembling

@Suite struct OpenedEnsembleLabelsTests {
    /// An ensemble whose members' recipes declare these masks; nil leaves them out.
    private func ensemble(_ folder: String, _ masks: [JSONValue?]) throws -> OpenedEnsemble {
        let paths = try masks.enumerated().map { index, masks in
            let path = try ComparedData.save(folder + "/e", "m\(index)")
            try ComparedData.edit(path) { manifest in
                guard let masks else { return }
                manifest.training?.hyperparameters = .object([
                    "data": .object(["masks": .array([masks])])
                ])
            }
            return path
        }
        return try ComparedData.open(folder + "/e", paths)
    }

    private func runs(_ label: String) -> JSONValue {
        .object(["runs": .string("t.csv"), "labels": .object([label: .string("class0")])])
    }

    @Test func labelsAreTheMembersOrTheData() throws {
        try TrainingFixtures.withFolder { folder in
            let plain = try ensemble(folder + "/a", [nil, nil])
            #expect(try plain.runLengthLabels(masks: []) == ["class0"])
            let trained = try ensemble(folder + "/b", [nil, runs("Ice"), runs("Ice")])
            #expect(try trained.runLengthLabels(masks: []) == ["Ice"])
            let files = [MaskSource(files: ["*.png"])]
            #expect(try trained.runLengthLabels(masks: files) == ["Ice"])
            let data = [MaskSource(runs: "d.csv", labels: ["Floe": "class0"])]
            #expect(try trained.runLengthLabels(masks: data) == ["Floe"])
        }
    }

    @Test func membersOfDifferentLabelsNeedTheData() throws {
        try TrainingFixtures.withFolder { folder in
            let both = try ensemble(folder, [runs("Ice"), runs("Floe")])
            let error = TrainingFixtures.error(.usage) {
                _ = try both.runLengthLabels(masks: [])
            }
            #expect(error?.expected == "Ice" && error?.got == "Floe")
            let data = [MaskSource(runs: "d.csv")]
            #expect(try both.runLengthLabels(masks: data) == ["class0"])
        }
    }

    @Test func aDeclarationOfAnotherKindIsRefused() throws {
        try TrainingFixtures.withFolder { folder in
            let strange = try ensemble(folder, [.object(["shapes": .string("t.shp")])])
            TrainingFixtures.error(.badData) { _ = try strange.runLengthLabels(masks: []) }
        }
    }
}
