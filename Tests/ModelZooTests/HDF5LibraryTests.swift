import CHDF5
import DurableFiles
import Foundation
import Testing

@testable import ModelZoo

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
        let error = try #require(
            ZooFixtures.error {
                try HDF5Library.shared.run {
                    _ = try HDF5Handle(
                        H5Fopen("/nowhere/at/all.h5", floe_h5_read_only(), floe_h5_default()),
                        "open the file")
                }
            })
        #expect(error.description.hasPrefix("cannot open the file (HDF5: unable to open file"))
    }

    @Test func noIdIsLeftOpen() throws {
        for name in ["good", "gzip", "cycle", "virtual", "external-link", "deep", "text"] {
            let data = try ZooFixtures.h5py(name)
            _ = ZooFixtures.error { _ = try WeightsFile.decodeAll(data, file: name) }
        }
        _ = try WeightsFile.encode([NamedTensor("a/b", ZooFixtures.ramp([3]))])
        let open = try HDF5Library.shared.run {
            [H5I_FILE, H5I_GROUP, H5I_DATASET, H5I_DATASPACE].map { kind in
                var count: hsize_t = 0
                return H5Inmembers(kind, &count) >= 0 ? Int(count) : 0
            }
        }
        #expect(open == [0, 0, 0, 0])
    }
}
