import CImageIO
import DurableFiles

/// The line that a C image function wrote, turned into an error.
struct ImageMessage {
    private var storage = floe_image_message()

    /// Calls a C image function and throws unless it says that all is well.
    static func check(
        _ path: String, _ call: (UnsafeMutablePointer<floe_image_message>) -> Int32
    ) throws {
        var message = ImageMessage()
        let status = call(&message.storage)
        guard status != Int32(FLOE_IMAGE_OK) else { return }
        throw message.error(status, path)
    }

    private var text: String {
        withUnsafeBytes(of: storage.text) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    private func error(_ status: Int32, _ path: String) -> FloeError {
        switch status {
        case Int32(FLOE_IMAGE_TOO_LARGE):
            FloeError(
                .badData, file: path, text,
                advice: "cut it into smaller pieces or repair its header")
        case Int32(FLOE_IMAGE_MEMORY):
            FloeError(.inputOutput, file: path, text, advice: "close other programs")
        case Int32(FLOE_IMAGE_OUTPUT):
            FloeError(.inputOutput, file: path, text)
        default:
            FloeError(.badData, file: path, text)
        }
    }
}
