import CImageIO
import DurableFiles
import Foundation
import TensorCore

/// Writes PNG and JPEG files, committed all at once: the same pixels give the same bytes, without a
/// date.
public enum ImageWriter {
    /// Writes one plane of 8-bit grey values, row by row.
    @discardableResult
    public static func writeGrey(
        _ values: [UInt8], height: Int, width: Int, to path: String
    ) throws -> SHA256Digest {
        try DurableFile.write(
            encoded(values, height, width, bands: 1, palette: [], path: path), to: path)
    }

    /// Writes 8-bit red, green, blue side by side, row by row.
    @discardableResult
    public static func writeRGB(_ picture: Picture, to path: String) throws -> SHA256Digest {
        try DurableFile.write(
            encoded(
                picture.values, picture.height, picture.width, bands: 3, palette: [], path: path),
            to: path)
    }

    /// The bytes of the PNG file that `writeRGB` writes.
    public static func png(of picture: Picture) throws -> Data {
        try encoded(
            picture.values, picture.height, picture.width, bands: 3, palette: [], path: "a picture")
    }

    /// Writes class indexes with a palette: one colour a class, and black for the ignore index.
    @discardableResult
    public static func writeIndexes(
        _ labels: LabelMap, colors: [ClassColor], to path: String
    ) throws -> SHA256Digest {
        precondition(!colors.isEmpty && colors.count <= 256, "\(colors.count) palette colours")
        let highest = Int(labels.labels.max() ?? 0)
        var palette = colors.flatMap { [$0.red, $0.green, $0.blue] }
        // Every index that occurs has an entry, or the file would be damaged.
        let entries = max(colors.count, highest + 1)
        palette += [UInt8](repeating: 0, count: 3 * entries - palette.count)
        return try DurableFile.write(
            encoded(
                labels.labels, labels.height, labels.width, bands: 1, palette: palette, path: path),
            to: path)
    }

    /// Writes 8-bit red, green, blue as a JPEG of a quality from 1 to 100.
    @discardableResult
    public static func writeJPEG(
        _ picture: Picture, quality: Int = 90, to path: String
    ) throws -> SHA256Digest {
        precondition((1...100).contains(quality), "a quality of \(quality)")
        // What the format can name.
        guard picture.height <= 65500, picture.width <= 65500 else {
            throw FloeError(
                .usage, file: path,
                "a JPEG of \(picture.height)x\(picture.width) cannot be written",
                expected: "at most 65500 pixels a side")
        }
        return try DurableFile.write(
            encode(path) { bytes, count, message in
                picture.values.withUnsafeBufferPointer { values in
                    floe_jpeg_write(
                        values.baseAddress, UInt32(picture.width), UInt32(picture.height), 3,
                        Int32(quality), bytes, count, message)
                }
            }, to: path)
    }

    private static func encoded(
        _ values: [UInt8], _ height: Int, _ width: Int, bands: Int, palette: [UInt8], path: String
    ) throws -> Data {
        precondition(
            height > 0 && width > 0 && values.count == height * width * bands,
            "\(values.count) bytes for \(height)x\(width)x\(bands)")
        guard height <= Int(Int32.max), width <= Int(Int32.max) else {
            throw FloeError(.usage, file: path, "a PNG of \(height)x\(width) cannot be written")
        }
        return try encode(path) { bytes, count, message in
            values.withUnsafeBufferPointer { values in
                palette.withUnsafeBufferPointer { palette in
                    floe_png_write(
                        values.baseAddress, UInt32(width), UInt32(height), UInt32(bands),
                        palette.isEmpty ? nil : palette.baseAddress, UInt32(palette.count / 3),
                        bytes, count, message)
                }
            }
        }
    }

    /// The bytes that an encoder hands over; it says what went wrong in the message.
    private static func encode(
        _ path: String,
        _ body: (
            UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>, UnsafeMutablePointer<Int>,
            UnsafeMutablePointer<floe_image_message>
        ) -> Int32
    ) throws -> Data {
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        try ImageMessage.check(path) { body(&bytes, &count, $0) }
        guard let bytes else { preconditionFailure("an encoder wrote nothing and said nothing") }
        return Data(
            bytesNoCopy: bytes, count: count,
            deallocator: .custom { memory, _ in floe_free(memory) })
    }
}
