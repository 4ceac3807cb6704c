import CImageIO
import DurableFiles
import Foundation

/// Writes a TIFF by blocks of rows, in memory for one block, and commits it at the end.
///
/// The same pixels give the same bytes: no date, no program name. Files above 4 GB are BigTIFF.
public final class TIFFWriter {
    /// How pixels are stored.
    public struct Layout: Sendable, Hashable {
        public var height: Int
        public var width: Int
        public var bands: Int
        /// `.unsigned8`, `.unsigned16` or `.float32`.
        public var sampleType: SampleType
        /// Bands one after the other (default) or the samples of a pixel side by side.
        public var separatePlanes: Bool
        public var compressed: Bool
        /// The value that readers shall take for "no data".
        public var nodata: Double?

        public init(
            height: Int, width: Int, bands: Int, sampleType: SampleType,
            separatePlanes: Bool = true, compressed: Bool = true, nodata: Double? = nil
        ) {
            self.height = height
            self.width = width
            self.bands = bands
            self.sampleType = sampleType
            self.separatePlanes = separatePlanes
            self.compressed = compressed
            self.nodata = nodata
        }

        /// Uncompressed bytes; from just below 4 GB on the file is a BigTIFF.
        var byteCount: Int { height * width * bands * sampleType.byteCount }
        var isBig: Bool { byteCount > 0xFFFF_FFFF - (64 << 20) }
    }

    private let path: String
    private let layout: Layout
    private let rowsPerStrip: Int
    private var writer: OpaquePointer?
    private let sink: Sink
    private var nextRow = 0
    /// Rows that do not fill a strip yet, [band][row][column] as raw bytes.
    private var waiting: [[UInt8]]

    /// Bytes on their way from libtiff to the file, and the error that stopped them.
    private final class Sink {
        let output: DurableFileWriter
        var failure: (any Error)?

        init(_ output: DurableFileWriter) { self.output = output }
    }

    /// Writes a file: `body` hands over all rows from top to bottom.
    ///
    /// - Throws: `FloeError` of kind `.inputOutput`, and whatever `body` throws; then no file is
    ///   left behind.
    @discardableResult
    public static func write(
        to path: String, layout: Layout, _ body: (TIFFWriter) throws -> Void
    ) throws -> SHA256Digest {
        precondition(
            [.unsigned8, .unsigned16, .float32].contains(layout.sampleType),
            "\(layout.sampleType) is not written")
        guard layout.height > 0, layout.width > 0, layout.bands > 0,
            layout.bands <= Int(UInt16.max), layout.height <= Int(Int32.max),
            layout.width <= Int(Int32.max)
        else {
            throw FloeError(
                .usage, file: path,
                "a TIFF of \(layout.height)x\(layout.width) with \(layout.bands) bands")
        }
        return try DurableFile.writing(to: path) { output in
            let writer = try TIFFWriter(path: path, layout: layout, output: output)
            try body(writer)
            try writer.finish()
        }
    }

    private init(path: String, layout: Layout, output: DurableFileWriter) throws {
        self.path = path
        self.layout = layout
        sink = Sink(output)
        // Strips of about 64 KiB, as the TIFF specification advises for its smaller days.
        let perRow =
            layout.width * layout.sampleType.byteCount * (layout.separatePlanes ? 1 : layout.bands)
        rowsPerStrip = min(max(1, (64 << 10) / perRow), layout.height)
        waiting = [[UInt8]](repeating: [], count: layout.separatePlanes ? layout.bands : 1)
        var shape = floe_tiff_layout()
        shape.width = UInt32(layout.width)
        shape.height = UInt32(layout.height)
        shape.bands = UInt32(layout.bands)
        shape.bits = UInt32(8 * layout.sampleType.byteCount)
        shape.rows_per_strip = UInt32(rowsPerStrip)
        shape.separate_planes = layout.separatePlanes ? 1 : 0
        shape.deflate = layout.compressed ? 1 : 0
        shape.big = layout.isBig ? 1 : 0
        if let nodata = layout.nodata {
            shape.has_nodata = 1
            let text = nodata.isNaN ? "nan" : "\(nodata)"
            withUnsafeMutableBytes(of: &shape.nodata) { bytes in
                for (index, byte) in text.utf8.prefix(31).enumerated() { bytes[index] = byte }
            }
        }
        let target = floe_tiff_sink(
            context: Unmanaged.passUnretained(sink).toOpaque(),
            write_at: { context, offset, bytes, count in
                guard let context, let bytes else { return 1 }
                let sink = Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue()
                do {
                    try sink.output.write(
                        UnsafeRawBufferPointer(start: bytes, count: count), at: Int(offset))
                    return 0
                } catch {
                    sink.failure = error
                    return 1
                }
            })
        try check { message in floe_tiff_create(target, &shape, &writer, message) }
    }

    deinit { floe_tiff_abandon(writer) }

    /// The next rows of all bands, planar: [band][row][column].
    public func writeRows(_ values: [Float]) throws {
        precondition(layout.sampleType == .float32, "float rows for \(layout.sampleType)")
        try values.withUnsafeBytes { try append($0) }
    }

    /// The next rows of all bands, planar: [band][row][column].
    public func writeRows(_ values: [UInt8]) throws {
        precondition(layout.sampleType == .unsigned8, "u8 rows for \(layout.sampleType)")
        try values.withUnsafeBytes { try append($0) }
    }

    /// The next rows of all bands, planar: [band][row][column].
    public func writeRows(_ values: [UInt16]) throws {
        precondition(layout.sampleType == .unsigned16, "u16 rows for \(layout.sampleType)")
        try values.withUnsafeBytes { try append($0) }
    }

    private func append(_ bytes: UnsafeRawBufferPointer) throws {
        let size = layout.sampleType.byteCount
        let rowBytes = layout.width * size
        let rows = bytes.count / (rowBytes * layout.bands)
        precondition(
            rows * rowBytes * layout.bands == bytes.count && nextRow + rows <= layout.height,
            "\(bytes.count) bytes are no rows that the image still lacks")
        let plane = rows * rowBytes
        if layout.separatePlanes {
            for band in 0..<layout.bands {
                waiting[band] += bytes[(band * plane)..<((band + 1) * plane)]
            }
        } else {
            var mixed = [UInt8](repeating: 0, count: bytes.count)
            for band in 0..<layout.bands {
                for pixel in 0..<(rows * layout.width) {
                    for byte in 0..<size {
                        mixed[(pixel * layout.bands + band) * size + byte] =
                            bytes[band * plane + pixel * size + byte]
                    }
                }
            }
            waiting[0] += mixed
        }
        nextRow += rows
        try writeFullStrips()
    }

    private var nextStrip = 0

    private func writeFullStrips() throws {
        let rowBytes =
            layout.width * layout.sampleType.byteCount * (layout.separatePlanes ? 1 : layout.bands)
        let held = waiting[0].count / rowBytes
        var used = 0
        while used < held {
            let rows = min(rowsPerStrip, layout.height - nextStrip * rowsPerStrip)
            guard held - used >= rows else { break }
            for band in waiting.indices {
                try waiting[band].withUnsafeBufferPointer { bytes in
                    try check { message in
                        floe_tiff_write_strip(
                            writer, UInt32(nextStrip), UInt32(band),
                            bytes.baseAddress.map { $0 + used * rowBytes }, rows * rowBytes,
                            message)
                    }
                }
            }
            nextStrip += 1
            used += rows
        }
        guard used > 0 else { return }
        for band in waiting.indices { waiting[band].removeFirst(used * rowBytes) }
    }

    private func finish() throws {
        precondition(
            nextRow == layout.height, "\(nextRow) rows were written of \(layout.height)")
        let finished = writer
        writer = nil
        try check { message in floe_tiff_finish(finished, message) }
    }

    private func check(
        _ call: (UnsafeMutablePointer<floe_image_message>) -> Int32
    ) throws {
        do {
            try ImageMessage.check(path, call)
        } catch {
            throw sink.failure ?? error
        }
    }
}
