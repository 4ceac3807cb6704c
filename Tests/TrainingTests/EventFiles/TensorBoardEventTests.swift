import Foundation
import TestSupport
import Testing

@testable import Training

@Suite struct TensorBoardEventTests {
    private struct GoldenEvent: Decodable {
        let name: String
        let data: String
    }

    private static let png =
        Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        + Data(0..<200) + Data(0..<200)

    /// What `scripts/golden/event_files.py` made with TensorBoard's own classes.
    private static let events: [(name: String, step: Int, content: TensorBoardEvent.Content)] = [
        ("version", 0, .fileVersion),
        (
            "scalars", 300,
            .values([
                .init(tag: "loss/training", content: .scalar(0.1)),
                .init(tag: "validation/dice", content: .scalar(1)),
                .init(tag: "training/rate", content: .scalar(0)),
                .init(tag: "loss/validation", content: .scalar(-.greatestFiniteMagnitude)),
            ])
        ),
        (
            "large step", 1 << 40 + 1,
            .values([.init(tag: "loss/step", content: .scalar(.leastNonzeroMagnitude))])
        ),
        (
            "image", 0,
            .values([
                .init(
                    tag: "validation-1 größe_a@0,16/image",
                    content: .image(height: 160, width: 300, png: png))
            ])
        ),
    ]

    @Test func bytesAreTensorBoards() throws {
        let golden = try Golden.load("event-files", as: [GoldenEvent].self)
        #expect(golden.map(\.name) == Self.events.map(\.name))
        for (expected, (_, step, content)) in zip(golden, Self.events) {
            let event = TensorBoardEvent(wallTime: 1_760_000_000.25, step: step, content: content)
            let hex = event.encoded.map { byte in
                (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }.joined()
            #expect(hex == expected.data, "\(expected.name)")
        }
    }

    @Test func theOutlineSaysStepAndTags() throws {
        for (name, step, content) in Self.events {
            let event = TensorBoardEvent(wallTime: 5, step: step, content: content)
            let outline = try #require(TensorBoardEventOutline(event.encoded))
            #expect(outline.step == step)
            if case .values(let values) = content {
                #expect(outline.tags == values.map(\.tag), "\(name)")
            } else {
                #expect(outline.tags == [])
            }
        }
    }

    /// Wherever an event is cut, reading ends; what is no event is said to be none.
    @Test func whatIsNoEvent() throws {
        let whole = TensorBoardEvent(wallTime: 5, step: 300, content: Self.events[1].content)
            .encoded
        for count in 0..<whole.count {
            let outline = TensorBoardEventOutline(whole.prefix(count))
            #expect(outline?.tags.isEmpty ?? true, "\(count)")
        }
        for bytes in [[0x07], [0x0A, 0xFF, 0xFF], [0x2A, 0x02, 0x0A, 0x7F]] as [[UInt8]] {
            #expect(TensorBoardEventOutline(Data(bytes)) == nil)
        }
        #expect(TensorBoardEventOutline(Data(repeating: 0xFF, count: 30)) == nil)
    }
}
