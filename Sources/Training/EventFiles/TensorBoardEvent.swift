import Foundation

/// One record of TensorBoard's event files: the messages `Event` and `Summary` of its event.proto and
/// summary.proto, as far as curves and pictures need them.
struct TensorBoardEvent: Hashable, Sendable {
    /// A point of a curve or a picture, under the name that TensorBoard sorts by.
    struct Value: Hashable, Sendable {
        enum Content: Hashable, Sendable {
            case scalar(Float)
            /// Eight bits of red, green and blue.
            case image(height: Int, width: Int, png: Data)
        }

        var tag: String
        var content: Content
    }

    enum Content: Hashable, Sendable {
        /// What the first record of a file says.
        case fileVersion
        case values([Value])
    }

    /// Seconds since 1970.
    var wallTime: Double
    var step: Int
    var content: Content

    /// The bytes that TensorBoard's own writer makes.
    var encoded: Data {
        var event = ProtocolBufferWriter()
        event.double(1, wallTime)
        // Zero is said by silence.
        if step != 0 { event.varint(2, UInt64(bitPattern: Int64(step))) }
        switch content {
        case .fileVersion: event.text(3, "brain.Event:2")
        case .values(let values):
            event.message(5) { summary in
                for value in values { summary.message(1) { value.write(to: &$0) } }
            }
        }
        return event.data
    }
}

extension TensorBoardEvent.Value {
    fileprivate func write(to message: inout ProtocolBufferWriter) {
        message.text(1, tag)
        switch content {
        case .scalar(let value): message.float(2, value)
        case .image(let height, let width, let png):
            message.message(4) { image in
                image.varint(1, UInt64(height))
                image.varint(2, UInt64(width))
                // Red, green, blue.
                image.varint(3, 3)
                image.bytes(4, png)
            }
        }
    }
}

/// What a stored event is about, without its values.
struct TensorBoardEventOutline: Hashable {
    var step = 0
    var tags: [String] = []

    /// Nil where the bytes are no event.
    init?(_ data: Data) {
        guard let fields = ProtocolBufferReader.fields(of: data) else { return nil }
        for field in fields {
            switch (field.number, field.value) {
            case (2, .varint(let step)): self.step = Int(Int64(bitPattern: step))
            case (5, .bytes(let summary)):
                guard let values = ProtocolBufferReader.fields(of: summary) else { return nil }
                for case (1, .bytes(let value)) in values.map({ ($0.number, $0.value) }) {
                    guard let parts = ProtocolBufferReader.fields(of: value) else { return nil }
                    for case (1, .bytes(let tag)) in parts.map({ ($0.number, $0.value) }) {
                        tags.append(String(decoding: tag, as: UTF8.self))
                    }
                }
            default: break
            }
        }
    }
}
