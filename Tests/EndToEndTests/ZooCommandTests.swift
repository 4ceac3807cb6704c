import Foundation
import Testing

@Suite struct ZooCommandTests {
    @Test func listShowsMembers() throws {
        let outcome = try FloeProgram.run("zoo", "list", fixture("zoo/format-1"))
        #expect(outcome.code == 0)
        #expect(outcome.error.isEmpty)
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.last?.hasPrefix("member ") == true)
        #expect(lines.last?.hasSuffix(" ok") == true)
    }

    @Test func listForProgramsHoldsTheDigest() throws {
        let outcome = try FloeProgram.run("zoo", "list", fixture("zoo/format-1"), "--json")
        let list = try #require(
            JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]])
        #expect(list.count == 1)
        #expect((list[0]["sha256"] as? String)?.count == 64)
        #expect(list[0]["problem"] == nil)
    }

    @Test func verifyRunsTheMembers() throws {
        let outcome = try FloeProgram.run("zoo", "verify", fixture("zoo/format-1"))
        #expect(outcome.code == 0)
        #expect(outcome.output == "ok member\n")
    }

    @Test func damageIsFound() throws {
        try withTemporaryFolder { folder in
            for name in ["good", "bad"] {
                try FileManager.default.copyItem(
                    atPath: fixture("zoo/format-1/member"), toPath: folder + "/" + name)
            }
            let weights = URL(fileURLWithPath: folder + "/bad/weights.h5")
            var bytes = try Data(contentsOf: weights)
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: weights)
            let verified = try FloeProgram.run("zoo", "verify", folder)
            #expect(verified.code == 3)
            let lines = verified.output.split(separator: "\n")
            #expect(lines.count == 2)
            #expect(lines.first?.hasPrefix("FAILED bad: ") == true)
            #expect(lines.last == "ok good")
            #expect(verified.errorLines.count == 1)
            #expect(verified.error.contains("1 of 2"))
            let listed = try FloeProgram.run("zoo", "list", folder)
            #expect(listed.code == 3)
            #expect(listed.output.contains("damaged"))
        }
    }

    @Test func anEmptyFolderHasNothingToVerify() throws {
        try withTemporaryFolder { folder in
            #expect(try FloeProgram.run("zoo", "verify", folder).code == 4)
            let listed = try FloeProgram.run("zoo", "list", folder)
            #expect(listed.code == 0)
            #expect(listed.output.isEmpty)
            let forPrograms = try FloeProgram.run("zoo", "list", folder, "--json")
            let list = try JSONSerialization.jsonObject(with: Data(forPrograms.output.utf8))
            #expect((list as? [Any])?.isEmpty == true)
        }
    }
}
