import Foundation
import Glibc
import Testing

@testable import DurableFiles

/// R9: two processes never do the same work.
@Suite struct FileLockTests {
    @Test func theSecondIsToldWhoHasIt() async throws {
        let folder = try TemporaryFolder()
        let path = folder["lock"]
        let lock = try FileLock.acquire(path)
        let error = try floeError { _ = try FileLock.acquire(path) }
        #expect(error?.kind == .locked)
        let line = try #require(error?.description)
        #expect(
            line.contains(#/: locked by pid \d+ on \S+ since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ; /#))
        #expect(line.contains("pid \(getpid()) on"))
        await #expect(processExitsWith: .exitCode(9)) { [path = path as String] in
            do {
                _ = try FileLock.acquire(path)
                exit(0)
            } catch let error as FloeError {
                exit(error.kind.exitCode)
            }
        }
        lock.release()
        lock.release()
        #expect(try folder.names() == [])
        await #expect(processExitsWith: .success) { [path = path as String] in
            _ = try FileLock.acquire(path)
        }
        #expect(try folder.names() == [])
    }

    @Test func aDeadHoldersLockIsTaken() async throws {
        let folder = try TemporaryFolder()
        let path = folder["lock"]
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let lock = try FileLock.acquire(path)
            raise(SIGKILL)
            lock.release()
        }
        #expect(try folder.names() == ["lock"])
        let lock = try FileLock.acquire(path)
        let error = try floeError { _ = try FileLock.acquire(path) }
        #expect(error?.what.contains("pid \(getpid()) ") == true)
        lock.release()
        #expect(try folder.names() == [])
    }

    @Test func aFilePutInItsPlaceIsLeft() throws {
        let folder = try TemporaryFolder()
        let lock = try FileLock.acquire(folder["lock"])
        try DurableFile.write(bytes("x"), to: folder["lock"])
        lock.release()
        #expect(try folder.names() == ["lock"])
    }

    @Test func theLockEndsWithItsValue() throws {
        let folder = try TemporaryFolder()
        do {
            let lock = try FileLock.acquire(folder["lock"])
            #expect(lock.path == folder["lock"])
        }
        #expect(try folder.names() == [])
    }

    @Test func aPatientOneGetsIt() async throws {
        let folder = try TemporaryFolder()
        let path = folder["lock"]
        let lock = try FileLock.acquire(path)
        let thread = Thread {
            usleep(50_000)
            lock.release()
        }
        thread.start()
        let second = try FileLock.acquire(path, patience: 20)
        second.release()
    }

    @Test func manyAtOnceTakeTurns() throws {
        let folder = try TemporaryFolder()
        let path = folder["lock"]
        nonisolated(unsafe) var inside = 0
        nonisolated(unsafe) var turns = 0
        nonisolated(unsafe) var clashes = 0
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            for _ in 0..<50 {
                guard let lock = try? FileLock.acquire(path) else { continue }
                // Only the lock keeps these counts right.
                inside += 1
                if inside != 1 { clashes += 1 }
                turns += 1
                inside -= 1
                lock.release()
            }
        }
        #expect(clashes == 0)
        #expect(turns >= 50)
    }

    @Test func whatIsNoFileIsNotLocked() throws {
        let folder = try TemporaryFolder()
        #expect(mkfifo(folder["fifo"], 0o600) == 0)
        #expect(try floeError { _ = try FileLock.acquire(folder["fifo"]) }?.kind == .usage)
        #expect(try floeError { _ = try FileLock.acquire(folder["no/lock"]) }?.kind == .notFound)
    }
}
