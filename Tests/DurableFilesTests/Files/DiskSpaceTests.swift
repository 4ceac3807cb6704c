import Testing

@testable import DurableFiles

@Suite struct DiskSpaceTests {
    @Test func theFileSystemOfAFolder() throws {
        let folder = try TemporaryFolder()
        let space = try DiskSpace(of: folder.path)
        #expect(space.total > 0)
        #expect((0...space.total).contains(space.available))
        #expect(try floeError { _ = try DiskSpace(of: folder["absent"]) }?.kind == .notFound)
    }
}
