import CImageIO
import DurableFiles
import Foundation

/// An image file whose header has been read and whose pixels can be asked for.
final class OpenedImage {
    let path: String
    let header: ImageHeader
    private let info: floe_image_info
    private let file: ImageFile
    private let budget: ImageBudget
    /// The open TIFF.
    private let reader: OpaquePointer?

    init(path: String, budget: ImageBudget) throws {
        self.path = path
        self.budget = budget
        let file = try ImageFile(path)
        self.file = file
        let start = try file.prefix(64)
        guard let format = ImageFormat(magic: start) else { throw Self.unknown(path, start) }
        var info = floe_image_info()
        var reader: OpaquePointer?
        switch format {
        case .png, .jpeg:
            info = try Self.compressedInfo(file, format, budget)
        case .numpy:
            throw Self.unknown(path, start)
        case .tiff:
            // The file outlives the reader: both belong to this object.
            let source = floe_tiff_source(
                context: Unmanaged.passUnretained(file).toOpaque(), count: UInt64(file.size),
                read_at: { context, offset, target, count in
                    guard let context, let target else { return 0 }
                    let file = Unmanaged<ImageFile>.fromOpaque(context).takeUnretainedValue()
                    return file.read(
                        at: offset, into: UnsafeMutableRawBufferPointer(start: target, count: count)
                    )
                })
            do {
                try ImageMessage.check(path) { message in
                    floe_tiff_open(source, UInt64(budget.bytes), &reader, &info, message)
                }
            } catch {
                throw file.failure ?? error
            }
        }
        if info.is_palette != 0, Int(info.height) * Int(info.width) > budget.bytes / 3 {
            // A palette triples the bytes of what is stored.
            floe_tiff_close(reader)
            throw FloeError(
                .badData, file: path,
                "an image of \(info.height)x\(info.width) with a palette is larger than the "
                    + "budget of \(budget.bytes >> 20) MiB",
                advice: "cut it into smaller pieces")
        }
        self.reader = reader
        self.info = info
        header = Self.header(info, format)
    }

    /// The header of a PNG or JPEG, out of the beginning of its file where that is enough.
    private static func compressedInfo(
        _ file: ImageFile, _ format: ImageFormat, _ budget: ImageBudget
    ) throws -> floe_image_info {
        func info(_ bytes: [UInt8]) throws -> floe_image_info {
            var info = floe_image_info()
            try ImageMessage.check(file.path) { message in
                let (size, most) = (UInt64(file.size), UInt64(budget.bytes))
                return format == .png
                    ? floe_png_info(bytes, bytes.count, size, most, &info, message)
                    : floe_jpeg_info(bytes, bytes.count, size, most, &info, message)
            }
            return info
        }
        do {
            return try info(file.prefix(64 << 10))
        } catch {
            // A colour profile or a preview before the header's end may be longer.
            guard file.size > 64 << 10 else { throw error }
            return try info(file.prefix(min(file.size, 16 << 20)))
        }
    }

    /// The compressed bytes of a PNG or JPEG.
    private func compressedBytes() throws -> [UInt8] {
        guard reader == nil else { return [] }
        // Compressed pixels that are larger than the decoded ones may be are no image.
        guard file.size <= budget.bytes else {
            throw FloeError(
                .badData, file: path, "too large", expected: "at most \(budget.bytes) bytes",
                got: "\(file.size) bytes")
        }
        return try file.prefix(file.size)
    }

    deinit { floe_tiff_close(reader) }

    /// Whether rows are decoded on their own, so that the whole is never in memory.
    var readsRowsAlone: Bool { reader != nil }

    /// The whole image.
    func readAll(expandingPalette: Bool) throws -> Raster {
        try readRows(0..<header.height, expandingPalette: expandingPalette)
    }

    /// Some rows of a TIFF; PNG and JPEG files give all of theirs.
    func readRows(_ rows: Range<Int>, expandingPalette: Bool) throws -> Raster {
        precondition(
            rows.lowerBound >= 0 && rows.upperBound <= header.height
                && (reader != nil || rows.count == header.height), "rows \(rows) of \(path)")
        let rowBytes = Int(info.width) * Int(info.bands) * Int(floe_sample_bytes([info]))
        let bytes = try compressedBytes()
        let samples = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(rowBytes * rows.count, 1), alignment: 64)
        defer { samples.deallocate() }
        let count = rowBytes * rows.count
        let target = samples.bindMemory(to: UInt8.self).baseAddress
        do {
            try ImageMessage.check(path) { message in
                if let reader {
                    return floe_tiff_read_rows(
                        reader, UInt32(rows.lowerBound), UInt32(rows.upperBound), target, count,
                        message)
                }
                return header.format == .png
                    ? floe_png_read(bytes, bytes.count, [info], target, count, message)
                    : floe_jpeg_read(bytes, bytes.count, [info], target, count, message)
            }
        } catch {
            throw file.failure ?? error
        }
        let decoded = UnsafeRawBufferPointer(start: samples.baseAddress, count: count)
        if expandingPalette && info.is_palette != 0 {
            return try expanded(decoded, rows: rows.count)
        }
        return Raster(samples: decoded, info: info, rows: rows.count, interleaved: reader == nil)
    }

    private func expanded(_ indexes: UnsafeRawBufferPointer, rows: Int) throws -> Raster {
        let pixels = rows * header.width
        let palette = withUnsafeBytes(of: info.palette) { Array($0) }
        let known = Int(info.palette_count)
        var wrong: Int?
        let values = [UInt8](unsafeUninitializedCapacity: 3 * pixels) { target, filled in
            for pixel in 0..<pixels {
                let index = Int(indexes[pixel])
                if index >= known && wrong == nil { wrong = index }
                for band in 0..<3 {
                    target.initializeElement(
                        at: band * pixels + pixel, to: palette[3 * index + band])
                }
            }
            filled = 3 * pixels
        }
        if let wrong {
            throw FloeError(
                .badData, file: path, "a palette index without a colour",
                expected: "below \(known)", got: "\(wrong)")
        }
        return Raster(
            bands: 3, height: rows, width: header.width, storage: .unsigned8(values),
            nodata: nil)
    }

    private static func header(_ info: floe_image_info, _ format: ImageFormat) -> ImageHeader {
        let type: SampleType =
            switch (info.bits, info.sample_format) {
            case (64, _): .float64
            case (32, _): .float32
            case (16, Int32(FLOE_SAMPLE_SIGNED)): .signed16
            case (16, _): .unsigned16
            default: .unsigned8
            }
        return ImageHeader(
            format: format, height: Int(info.height), width: Int(info.width),
            bands: info.is_palette != 0 ? 3 : Int(info.bands), sampleType: type,
            bits: Int(info.bits), isPalette: info.is_palette != 0,
            nodata: info.has_nodata != 0 ? info.nodata : nil)
    }

    private static func unknown(_ path: String, _ start: [UInt8]) -> FloeError {
        if start.isEmpty {
            return FloeError(.badData, file: path, "an empty file", expected: "an image")
        }
        let isPointer = start.starts(with: Array("version https://git-lfs".utf8))
        let bytes = start.prefix(4).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }
        return FloeError(
            .badData, file: path, "not an image", expected: "PNG, JPEG or TIFF",
            got: isPointer
                ? "a Git LFS pointer" : "bytes " + bytes.joined(separator: " "),
            advice: isPointer ? "fetch it with `git lfs pull`" : nil)
    }
}
