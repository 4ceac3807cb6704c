import DurableFiles
import Foundation
import Testing

@testable import ModelZoo

@Suite struct ZooListingTests {
    @Test func membersAreListedByPathWithWhatIsWrongWithThem() throws {
        try ZooFixtures.withFolder { folder in
            let files = FileManager.default
            for name in ["b/member-001", "b/member-000", "a", "damaged"] {
                try files.createDirectory(
                    atPath: "\(folder)/b", withIntermediateDirectories: true)
                try ZooFixtures.copyTiny(to: "\(folder)/\(name)")
            }
            let weights = URL(fileURLWithPath: "\(folder)/damaged/weights.h5")
            var data = try Data(contentsOf: weights)
            data[data.count - 1] ^= 1
            try data.write(to: weights)
            // Not members: another format, a folder on its way, a link.
            try DurableFile.createFolder("\(folder)/ensemble")
            try Data(#"{"format": "floe.ensemble/1"}"#.utf8).write(
                to: URL(fileURLWithPath: "\(folder)/ensemble/manifest.json"))
            try files.copyItem(
                atPath: "\(folder)/a", toPath: "\(folder)/.c.tmp-1-0123456789abcdef")
            try files.createSymbolicLink(atPath: "\(folder)/z", withDestinationPath: folder)
            try DurableFile.createFolder("\(folder)/broken")
            try Data("{".utf8).write(
                to: URL(fileURLWithPath: "\(folder)/broken/manifest.json"))

            let listing = try ZooListing.list(folder)
            let names = listing.entries.map(\.name)
            #expect(names == ["a", "b/member-000", "b/member-001", "broken", "damaged"])
            #expect(listing.entries.map { $0.problem == nil } == [true, true, true, false, false])
            #expect(!listing.isIntact)
            #expect(listing.entries[0].manifest?.architecture.name == "unet:2:1")
            #expect(listing.entries[3].manifest == nil)
            #expect(listing.entries[4].problem?.kind == .badData)

            var seen: [String] = []
            let verified = try ZooListing.verify(folder, backend: ZooFixtures.exact()) {
                seen.append($0.name)
            }
            #expect(seen == names)
            #expect(verified.entries.map { $0.problem == nil } == [true, true, true, false, false])
        }
    }

    @Test func verifyRunsTheSelfTest() throws {
        try ZooFixtures.withFolder { folder in
            let path = try ZooFixtures.copyTiny(to: "\(folder)/m")
            var manifest = try MemberStore.openManifest(path)
            manifest.selfTest.mean += 1
            try BoundedJSON.write(manifest, to: path)
            #expect(try ZooListing.list(folder).isIntact)
            let verified = try ZooListing.verify(folder, backend: ZooFixtures.exact())
            let problem = verified.entries[0].problem
            #expect(problem?.description.contains("self-test") == true)
            #expect(problem?.file?.hasSuffix("m/manifest.json") == true)
        }
    }

    @Test func anEmptyFolderHasNoMembersAndAMissingOneIsNotFound() throws {
        try ZooFixtures.withFolder { folder in
            let listing = try ZooListing.list(folder)
            #expect(listing.entries.isEmpty && listing.isIntact)
            #expect(
                ZooFixtures.error { _ = try ZooListing.list("\(folder)/none") }?.kind == .notFound)
        }
    }
}
