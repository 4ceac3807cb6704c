import CHDF5
import DurableFiles
import Foundation
import Testing

@testable import HDF5Files

@Suite struct HDF5LibraryTests {
    @Test func everyCallRunsOnOneThread() async throws {
        let here = try HDF5Library.shared.run { UInt(pthread_self()) }
        let threads = try await withThrowingTaskGroup(of: UInt.self) { group in
            for _ in 0..<32 {
                group.addTask { try HDF5Library.shared.run { UInt(pthread_self()) } }
            }
            return try await group.reduce(into: Set<UInt>()) { $0.insert($1) }
        }
        #expect(threads == [here])
        #expect(UInt(pthread_self()) != here)
    }

    @Test func aCallWithinACallRunsAtOnce() throws {
        let sum = try HDF5Library.shared.run { try HDF5Library.shared.run { 1 } + 1 }
        #expect(sum == 2)
    }

    @Test func errorsPassThrough() {
        struct Mine: Error {}
        #expect(throws: Mine.self) { try HDF5Library.shared.run { throw Mine() } }
    }

    @Test func failedCallsBecomeOneLineWithTheLibrarysReason() throws {
        var failure: FloeError?
        do {
            try HDF5Library.shared.run {
                _ = try HDF5Handle(
                    H5Fopen("/nowhere/at/all.h5", floe_h5_read_only(), floe_h5_default()),
                    "open the file")
            }
        } catch let error as FloeError { failure = error }
        let error = try #require(failure)
        #expect(error.description.hasPrefix("cannot open the file (HDF5: unable to open file"))
    }
}
