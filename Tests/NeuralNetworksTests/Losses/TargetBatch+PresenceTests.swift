import NeuralNetworks
import Testing

@Suite struct TargetBatchPresenceTests {
    /// Planes of their own: present, known to be absent, unknown, partly ignored.
    @Test func planesAreJudgedOneByOne() {
        let target = TargetBatch(
            kind: .sigmoid, batch: 2, classes: 2, height: 1, width: 3,
            labels: [0, 1, 0, 0, 0, 0, 255, 255, 255, 255, 0, 255])
        let presence = target.presence
        #expect(presence.labels == [1, 0, 255, 0])
        #expect(presence.kind == .sigmoid && presence.batch == 2 && presence.classes == 2)
        #expect(presence.height == 1 && presence.width == 1)
    }

    /// One map for all classes: unknown only where no pixel of the image is known.
    @Test func aMapTellsOfAllClasses() {
        let target = TargetBatch(
            kind: .softmax, batch: 3, classes: 3, height: 2, width: 2,
            labels: [0, 2, 2, 255, 255, 255, 255, 255, 1, 1, 1, 1])
        #expect(target.presence.labels == [1, 0, 1, 255, 255, 255, 0, 1, 0])
    }

    @Test func theLossIsOverWhatIsKnown() throws {
        let target = TargetBatch(
            kind: .sigmoid, batch: 2, classes: 1, height: 1, width: 2, labels: [1, 0, 255, 255])
        let loss = Loss([.init(.binaryCrossEntropy, weight: 2)])
        let (value, gradient) = loss.valueAndGradient(
            logits: .init([0, 5], shape: [2, 1, 1, 1]), target: target.presence)
        #expect(abs((value ?? 0) - 2 * 0.693147) < 1e-5)
        #expect(gradient.values == [-1, 0])
        let unknown = target.image(1).presence
        #expect(loss.value(logits: .init([5], shape: [1, 1, 1, 1]), target: unknown) == nil)
    }
}
