import Foundation
import Testing

@Suite struct BenchCommandTests {
    static let small = ["--model", "unet:4:2", "--input", "2x32x48", "--batch", "2", "--quiet"]

    @Test(arguments: ["train", "predict"])
    func resultForProgramsIsWhole(task: String) throws {
        let outcome = try FloeProgram.run(
            ["bench", task] + Self.small + ["--steps", "3", "--json"])
        #expect(outcome.code == 0)
        #expect(outcome.error.isEmpty)
        let object = try outcome.object()
        let median = try #require(object["median_s"] as? Double)
        let least = try #require(object["min_s"] as? Double)
        #expect(least > 0)
        #expect(median >= least)
        let gflop = try #require(object["gflop_per_step"] as? Double)
        let speed = try #require(object["gflops"] as? Double)
        #expect(abs(speed - gflop / median) <= 1e-9 * speed)
        #expect(try #require(object["peak_rss_bytes"] as? Int) > 1 << 20)
        #expect((object["seconds"] as? [Double])?.count == 3)
        // From the second step on, memory is reused.
        #expect(object["fresh_allocations"] as? Int == 0)
        #expect(object["page_faults"] is Int)
        #expect(try #require(object["peak_gflops"] as? Double) > 0)
        #expect(object["task"] as? String == task)
        #expect(object["model"] as? String == "unet:4:2")
        #expect(object["operations"] == nil)
    }

    @Test(arguments: ["onednn", "openblas"])
    func bothBackEndsRun(backend: String) throws {
        let outcome = try FloeProgram.run(
            ["bench", "train", "--steps", "1", "--backend", backend, "--threads", "1", "--exact"]
                + ["--json"] + Self.small)
        #expect(outcome.code == 0)
        let object = try outcome.object()
        #expect((object["backend"] as? String)?.hasPrefix(backend) == true)
        #expect(object["threads"] as? Int == 1)
        #expect(object["exact"] as? Bool == true)
    }

    @Test func profileListsOperations() throws {
        let outcome = try FloeProgram.run(
            ["bench", "train", "--steps", "2", "--profile", "--json"] + Self.small)
        let operations = try #require(try outcome.object()["operations"] as? [[String: Any]])
        let names = operations.compactMap { $0["name"] as? String }
        #expect(names.contains { $0.hasPrefix("convolution 3x3 s1 2-4 to 32x48") }, "\(names)")
        #expect(names.contains { $0.hasPrefix("weight gradient 3x3 s1 2-4") })
        // The image needs no gradient.
        #expect(!names.contains { $0.hasPrefix("input gradient 3x3 s1 2-4") })
        #expect(operations.allSatisfy { ($0["calls"] as? Int ?? 0) >= 2 })
        let text = try FloeProgram.run(
            ["bench", "predict", "--steps", "1", "--profile"] + Self.small)
        #expect(text.output.contains("GFLOP/s"))
        #expect(text.output.contains("convolution 3x3"))
    }
}
