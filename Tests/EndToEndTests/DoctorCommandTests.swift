import Foundation
import Testing

@Suite struct DoctorCommandTests {
    @Test func reportForProgramsNamesVersions() throws {
        let outcome = try FloeProgram.run("doctor", "--json")
        #expect(outcome.code == 0)
        #expect(outcome.error.isEmpty)
        let object = try outcome.object()
        let libraries = try #require(object["libraries"] as? [[String: Any]])
        #expect(
            libraries.compactMap { $0["name"] as? String }
                == ["HDF5", "TIFF", "PNG", "JPEG", "zlib", "OpenSSL"])
        for library in libraries {
            let version = try #require(library["version"] as? String)
            #expect(version.contains("."), "\(library)")
            let file = try #require(library["file"] as? String, "\(library)")
            #expect(FileManager.default.fileExists(atPath: file))
        }
        let backends = try #require(object["backends"] as? [[String: Any]])
        #expect(backends.compactMap { $0["name"] as? String } == ["oneDNN", "OpenBLAS"])
        #expect(try #require(object["backendDifference"] as? Double) < 1e-5)
        #expect(try #require(object["threads"] as? Int) >= 1)
    }

    @Test func reportForPeopleHasTheSameParts() throws {
        let outcome = try FloeProgram.run("doctor")
        for part in ["processor", "oneDNN", "OpenBLAS", "HDF5", "memory", "disk", "self-check"] {
            #expect(outcome.output.contains("\n\(part)"), "\(part)")
        }
    }

    /// What a benchmark measured is kept for these threads, listed, and for no others.
    @Test func measuredKernelsAreKeptAndListed() throws {
        try withTemporaryFolder { folder in
            let environment = ["FLOE_KERNEL_CACHE": folder]
            func doctor(_ arguments: String..., cache: [String: String]) throws -> String {
                try FloeProgram.run(["doctor"] + arguments, environment: cache).output
            }
            let before = try doctor("--kernels", "--threads", "1", cache: environment)
            #expect(before.contains("none measured yet"))
            let bench = try FloeProgram.run(
                [
                    "bench", "train", "--model", "unet:16:2", "--input", "1x32x32", "--batch", "1",
                    "--steps", "1", "--threads", "1", "--quiet",
                ], environment: environment)
            #expect(bench.code == 0)
            let after = try doctor("--kernels", "--threads", "1", cache: environment)
            for pass in ["forward", "inputGradient", "weightGradient"] {
                #expect(after.contains("\n1 x \(pass) 16x32x32 16x16x3x3 p1: "), "\(pass)")
            }
            #expect(try doctor("--threads", "2", cache: environment).contains("none measured yet"))
            let off = try doctor("--threads", "1", cache: ["FLOE_KERNEL_CACHE": "off"])
            #expect(off.contains("measured by every run anew"))
        }
    }
}
