import Foundation
import Glibc
import Testing

@testable import DurableFiles

/// R2: the first signal is noted, the second one ends the process. Each case is its own process.
@Suite struct StopSignalTests {
    @Test func termination() async {
        await #expect(processExitsWith: .exitCode(143)) {
            StopSignal.install()
            guard StopSignal.received == nil else { exit(1) }
            try StopSignal.throwIfReceived()
            signalSelf(SIGTERM)
            do {
                try StopSignal.throwIfReceived()
            } catch let error as FloeError {
                exit(error.kind.exitCode)
            }
        }
    }

    @Test func interruption() async {
        await #expect(processExitsWith: .exitCode(130)) {
            StopSignal.install()
            signalSelf(SIGINT)
            exit(128 + (StopSignal.received ?? 0))
        }
    }

    @Test func theSecondSignalExitsAtOnce() async {
        await #expect(processExitsWith: .exitCode(143)) {
            StopSignal.install()
            signalSelf(SIGINT)
            signalSelf(SIGTERM)
            sleep(20)
            exit(0)
        }
    }

    @Test func childrenGetTheFirstSignalAndDoNotSurviveTheSecond() async {
        await #expect(processExitsWith: .exitCode(0)) {
            StopSignal.install()
            let worker = try WorkerCommand(executable: "/bin/sleep", arguments: ["60"]).spawn()
            signalSelf(SIGTERM)
            exit(worker.wait() == .signal(SIGTERM) ? 0 : 1)
        }
        await #expect(processExitsWith: .exitCode(130)) {
            StopSignal.install()
            let script =
                "trap '' TERM; echo ready; n=0; while [ $n -lt 3000 ]; do sleep 0.01; n=$((n + 1)); done"
            let ready = DispatchSemaphore(value: 0)
            let worker = try WorkerCommand(
                executable: "/bin/sh", arguments: ["-c", script],
                standardOutput: .lines { _ in ready.signal() }
            ).spawn()
            ready.wait()
            signalSelf(SIGTERM)
            // It ignores the first signal; the second one ends it with this process.
            guard worker.wait(seconds: 0.05) == nil else { exit(1) }
            signalSelf(SIGINT)
            sleep(20)
            worker.terminate(SIGKILL)
            exit(0)
        }
    }

    @Test func aWorkerFollowsItsParent() async {
        await #expect(processExitsWith: .exitCode(137)) {
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0, dup2(ends[0], 0) == 0 else { exit(1) }
            ParentLifeline.exitWithParent()
            usleep(20_000)
            close(ends[0])
            close(ends[1])
            sleep(60)
        }
    }
}

/// Signals the whole process, as a terminal does: the threads of a pool take no signals. Returns
/// when the handler has run.
private func signalSelf(_ number: Int32) {
    kill(getpid(), number)
    for _ in 0..<2000 where StopSignal.received == nil { usleep(1000) }
}
