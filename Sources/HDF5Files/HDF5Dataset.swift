import CHDF5
import DurableFiles
import Foundation

/// One dataset of a file, examined before a byte of its values is read.
///
/// Used on the thread of ``HDF5Library``.
package struct HDF5Dataset: ~Copyable {
    /// Why a dataset is not one that Floe reads.
    package struct Refusal: Error {
        package var reason: String
    }

    /// Who wrote the file: Floe's own are held to what Floe writes.
    package enum Origin: Sendable {
        /// float32, contiguous or gzip.
        case own
        /// Floating point of 2, 4 or 8 bytes in either order; shuffle, gzip and checksums.
        case foreign
    }

    private let name: String
    private let origin: Origin
    private let handle: HDF5Handle
    private let elementBytes: Int
    /// Nil where the extents are not those of any tensor.
    package let extents: [Int]?

    package init(_ name: String, in file: hid_t, origin: Origin) throws {
        let handle = try HDF5Handle(H5Dopen2(file, name, floe_h5_default()), "open /\(name)")
        let type = try HDF5Handle(H5Dget_type(handle.id), "examine /\(name)")
        let elementBytes = H5Tget_size(type.id)
        let extents = try Self.extents(of: handle.id, elementBytes: elementBytes, name: name)
        self.elementBytes = elementBytes
        self.extents = extents
        self.name = name
        self.origin = origin
        self.handle = handle
    }

    private static func extents(
        of dataset: hid_t, elementBytes: Int, name: String
    ) throws -> [Int]? {
        let space = try HDF5Handle(H5Dget_space(dataset), "examine /\(name)")
        switch H5Sget_simple_extent_type(space.id) {
        case H5S_SCALAR: return []
        case H5S_SIMPLE: break
        default: return nil
        }
        let rank = Int(H5Sget_simple_extent_ndims(space.id))
        guard (1...HDF5Limit.rank).contains(rank) else { return nil }
        var extents = [hsize_t](repeating: 0, count: rank)
        guard H5Sget_simple_extent_dims(space.id, &extents, nil) == Int32(rank) else { return nil }
        var bytes = max(elementBytes, 4)
        for extent in extents {
            guard let extent = Int(exactly: extent) else { return nil }
            let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
            if overflow { return nil }
            bytes = product
        }
        return extents.map { Int($0) }
    }

    /// What the elements are, such as `float32`, and why they are not read; nil where they are.
    package func elementType() throws -> (name: String, problem: String?) {
        let type = try HDF5Handle(H5Dget_type(handle.id), "examine /\(name)")
        let isBig = H5Tget_order(type.id) == H5T_ORDER_BE
        switch H5Tget_class(type.id) {
        case H5T_FLOAT:
            let name = "float\(8 * elementBytes)" + (isBig ? " big-endian" : "")
            switch origin {
            case .own:
                if H5Tequal(type.id, floe_h5_float32_little_endian()) > 0 { return (name, nil) }
                let problem = elementBytes == 4 ? "float32 of another form" : name
                return (name, problem)
            case .foreign:
                return (name, [2, 4, 8].contains(elementBytes) ? nil : name)
            }
        case H5T_INTEGER: return ("int\(8 * elementBytes)", "int\(8 * elementBytes)")
        case H5T_STRING: return ("text", "text")
        case H5T_OPAQUE:
            let written = try? HDF5Attribute.strings("dtype", of: handle.id)
            let name = written?.first ?? "opaque"
            return (name, name)
        default: return ("another type", "another type")
        }
    }

    /// Numbers of the filters that its values go through, in order.
    package func filters() throws -> [Int] {
        let creation = try HDF5Handle(H5Dget_create_plist(handle.id), "examine /\(name)")
        return (0..<max(0, H5Pget_nfilters(creation.id))).map { index in
            var flags: UInt32 = 0
            var count = 0
            return Int(
                H5Pget_filter2(creation.id, UInt32(index), &flags, &count, nil, 0, nil, nil))
        }
    }

    /// Throws unless the values lie in the file, in a way that is read.
    ///
    /// - Throws: ``Refusal``.
    package func checkStorage(fileBytes: Int) throws {
        guard let extents else { throw Refusal(reason: "has no shape of a tensor") }
        let creation = try HDF5Handle(H5Dget_create_plist(handle.id), "examine /\(name)")
        guard H5Pget_external_count(creation.id) == 0 else {
            throw Refusal(reason: "is stored outside the file")
        }
        let bytes = extents.reduce(elementBytes, *)
        let layout = H5Pget_layout(creation.id)
        switch layout {
        case H5D_CONTIGUOUS:
            guard bytes > 0 else { return }
            // libhdf5 reads zeros from beyond the end of an image.
            let offset = H5Dget_offset(handle.id)
            guard offset != floe_h5_no_address(), H5Dget_storage_size(handle.id) == bytes,
                offset <= fileBytes, bytes <= fileBytes - Int(offset)
            else { throw Refusal(reason: "does not lie within the file") }
        case H5D_COMPACT where origin == .foreign:
            guard H5Dget_storage_size(handle.id) == bytes else {
                throw Refusal(reason: "does not lie within the file")
            }
        case H5D_CHUNKED:
            try checkFilters()
            try checkChunks(creation.id, extents: extents, bytes: bytes)
        case H5D_VIRTUAL: throw Refusal(reason: "is virtual: its values lie in other files")
        default: throw Refusal(reason: "is neither contiguous nor gzip")
        }
    }

    /// The values as float32, after ``checkStorage(fileBytes:)``.
    ///
    /// - Parameter target: room for all of them.
    package func read(into target: UnsafeMutablePointer<Float>) throws {
        guard extents?.contains(0) == false else { return }
        let status = H5Dread(
            handle.id, floe_h5_native_float(), floe_h5_all(), floe_h5_all(), floe_h5_default(),
            target)
        try HDF5Failure.check(status, "read /\(name)")
    }

    private func checkFilters() throws {
        for filter in try filters() {
            switch (Int32(filter), origin) {
            case (H5Z_FILTER_DEFLATE, _), (H5Z_FILTER_SHUFFLE, .foreign),
                (H5Z_FILTER_FLETCHER32, .foreign):
                guard H5Zfilter_avail(H5Z_filter_t(filter)) > 0 else {
                    throw Refusal(reason: "has the filter \(filter), which this libhdf5 lacks")
                }
            case (_, .own): throw Refusal(reason: "has the filter \(filter), not gzip (1)")
            case (_, .foreign):
                let known = [4: " (szip)", 32000: " (lzf)", 32001: " (blosc)", 32015: " (zstd)"]
                throw Refusal(
                    reason: "has the filter \(filter)\(known[filter] ?? ""), not gzip (1), "
                        + "shuffle (2) or fletcher32 (3)")
            }
        }
    }

    /// A few hundred bytes can claim terabytes of which no chunk was ever written.
    private func checkChunks(_ creation: hid_t, extents: [Int], bytes: Int) throws {
        var sides = [hsize_t](repeating: 0, count: extents.count)
        guard !extents.isEmpty,
            H5Pget_chunk(creation, Int32(extents.count), &sides) == Int32(extents.count)
        else { throw Refusal(reason: "has chunks of another rank") }
        var chunk = elementBytes
        var chunks = 1
        for (side, whole) in zip(sides, extents) {
            guard let side = Int(exactly: side), side > 0 else {
                throw Refusal(reason: "has chunks of no size")
            }
            let (product, overflow) = chunk.multipliedReportingOverflow(by: side)
            chunk = overflow ? Int.max : product
            chunks *= whole / side + (whole % side > 0 ? 1 : 0)
        }
        // Room beyond what is there: a whole file for one value would be a bomb too.
        let ratio = origin == .own ? 1 : 4
        guard chunk <= HDF5Limit.chunkBytes, chunk / ratio <= max(bytes, 4096) else {
            throw Refusal(reason: "has chunks much larger than itself")
        }
        guard bytes > 0 else { return }
        guard floe_h5_written_chunks(handle.id) == Int64(chunks) else {
            throw Refusal(reason: "has chunks that were never written")
        }
        let stored = Int(clamping: H5Dget_storage_size(handle.id))
        guard bytes / HDF5Limit.deflateRatio <= stored else {
            throw Refusal(reason: "claims more values than its \(stored) bytes can hold")
        }
    }
}
