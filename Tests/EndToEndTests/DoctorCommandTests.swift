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
}
