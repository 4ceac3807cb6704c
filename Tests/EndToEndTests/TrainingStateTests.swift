import Testing
import Training

@testable import floe

@Suite struct TrainingStateTests {
    private static let start: [TrainingEvent] = [
        .runStarted(members: 4, threads: 1), .memberSkipped(member: 0),
        .memberStarted(member: 1, epochs: 10, steps: 20, images: 40),
    ]

    private func state(_ events: [TrainingEvent]) -> TrainingState {
        var state = TrainingState()
        for event in events { state.take(event) }
        return state
    }

    @Test func nothingIsShownBeforeAMemberStarts() {
        #expect(state([.runStarted(members: 4, threads: 1)]).barText(columns: 80) == nil)
    }

    @Test func aStepIsShown() throws {
        let step = TrainingEvent.stepDone(member: 1, epoch: 6, step: 0, steps: 20, loss: 0.25)
        let text = try #require(state(Self.start + [step]).barText(columns: 120))
        #expect(text.contains("member 1  epoch 6/10  step 0/20  loss 0.2500  1/4 done"))
        // One member of four and half of another: 3/8 of thirty marks.
        #expect(text.hasPrefix("[" + String(repeating: "#", count: 11) + "."))
    }

    @Test(arguments: [0, 1, 20, 40, 60, 79, 80, 200])
    func theLineAlwaysFits(columns: Int) throws {
        let step = TrainingEvent.stepDone(member: 1, epoch: 6, step: 3, steps: 20, loss: 0.25)
        let text = try #require(state(Self.start + [step]).barText(columns: columns))
        #expect(text.count <= max(0, columns - 1))
    }

    @Test func whatIsLeftFollowsFromThisSession() throws {
        // Resumed in the middle: only what was gained since counts for the speed.
        let events =
            Self.start.dropLast() + [
                .memberResumed(member: 1, epoch: 6, step: 0),
                .memberStarted(member: 1, epochs: 10, steps: 20, images: 40),
                .stepDone(member: 1, epoch: 8, step: 10, steps: 20, loss: 0.25),
            ]
        let later = ContinuousClock.now + .seconds(100)
        let text = try #require(state(Array(events)).barText(columns: 200, now: later))
        // A quarter of a member in 100 s; 2.25 are left.
        #expect(text.contains("15 min 0"), "\(text)")
        #expect(!(try #require(state(Self.start).barText(columns: 200))).contains("left"))
    }

    @Test func severalMembersShareALine() throws {
        let text = try #require(
            state(
                Self.start + [.memberStarted(member: 3, epochs: 10, steps: 20, images: 40)]
            ).barText(columns: 120))
        #expect(text.contains("member 1,3  1/4 done"))
    }

    @Test func aFinishedMemberLeavesTheLine() {
        let done = TrainingEvent.memberDone(member: 1, bestEpoch: 3, epochs: 10, seconds: 60)
        #expect(state(Self.start + [done]).barText(columns: 120) == nil)
        #expect(
            state(Self.start + [.memberFailed(member: 1, error: "")]).barText(columns: 9) == nil)
    }
}
