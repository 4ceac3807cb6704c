import Foundation
import TestSupport
import Testing

/// What TensorBoard shows of a run is what `metrics.csv` says.
@Suite struct EventFileTests {
    private static let columns = [
        "training_loss": "loss/training", "validation_loss": "loss/validation",
        "validation_dice": "validation/dice", "validation_iou": "validation/iou",
        "validation_accuracy": "validation/accuracy", "rate": "training/rate",
        "seconds": "training/seconds",
    ]

    static func expectSameAsMetrics(_ run: String, member: Int) throws {
        let table = try String(contentsOfFile: run + "/metrics.csv", encoding: .utf8)
        let rows = table.split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let own = rows.dropFirst().filter { $0[0] == "\(member)" }
        #expect(!own.isEmpty)
        let folder = "\(run)/tensorboard/member-00\(member)"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(names.count == 1 && names[0].contains("tfevents"))
        let events = try EventFileReader.events("\(folder)/\(names[0])")
        for (column, tag) in columns {
            let place = try #require(rows[0].firstIndex(of: column))
            let curve = EventFileReader.curve(tag, events)
            #expect(curve.map(\.step) == own.map { Int($0[1]) }, "\(tag)")
            #expect(curve.map(\.value) == own.map { Double($0[place]).map(Float.init) }, "\(tag)")
        }
    }

    /// Each worker writes its own member's.
    @Test func severalProcesses() throws {
        try withTemporaryFolder { folder in
            let made = try FloeProgram.run(
                "data", "synth", "--out", folder + "/ice", "--count", "8", "-q")
            #expect(made.code == 0, "\(made.error)")
            let recipe = IceRecipe.text(
                "several", side: 32, split: "train: 5, validation: 2, test: 1",
                """
                model: unet:4:2
                training: {epochs: 3, batch: 2}
                bagging: {members: 2}
                compute: {exact: true}

                """)
            try Data(recipe.utf8).write(to: URL(fileURLWithPath: folder + "/r.yaml"))
            let run = folder + "/run"
            let outcome = try FloeProgram.run(
                "train", folder + "/r.yaml", "--out", run, "--jobs", "2", "--quiet")
            #expect(outcome.code == 0 && outcome.error.isEmpty, "\(outcome.error)")
            for member in 0..<2 { try Self.expectSameAsMetrics(run, member: member) }
        }
    }
}
