import CHDF5
import DurableFiles
import Foundation
import TensorCore

/// One dataset of a file, examined before a byte of its values is read.
///
/// Used on the thread of ``HDF5Library``.
struct HDF5Dataset: ~Copyable {
    /// Why a dataset is not a tensor that Floe reads.
    struct Refusal: Error {
        var reason: String
    }

    let name: String
    private let handle: HDF5Handle
    /// Nil where the extents are not those of any tensor.
    let shape: Shape?

    init(_ name: String, in file: hid_t) throws {
        let handle = try HDF5Handle(H5Dopen2(file, name, floe_h5_default()), "open /\(name)")
        shape = try Self.shape(of: handle.id, name: name)
        self.name = name
        self.handle = handle
    }

    private static func shape(of dataset: hid_t, name: String) throws -> Shape? {
        let space = try HDF5Handle(H5Dget_space(dataset), "examine /\(name)")
        switch H5Sget_simple_extent_type(space.id) {
        case H5S_SCALAR: return []
        case H5S_SIMPLE: break
        default: return nil
        }
        let rank = Int(H5Sget_simple_extent_ndims(space.id))
        guard (1...WeightsFile.Limit.rank).contains(rank) else { return nil }
        var extents = [hsize_t](repeating: 0, count: rank)
        guard H5Sget_simple_extent_dims(space.id, &extents, nil) == Int32(rank) else { return nil }
        var bytes = 4
        for extent in extents {
            guard let extent = Int(exactly: extent) else { return nil }
            let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
            if overflow { return nil }
            bytes = product
        }
        return Shape(extents.map { Int($0) })
    }

    /// Why its elements are not float32 in little-endian order; nil where they are.
    func typeProblem() throws -> String? {
        let type = try HDF5Handle(H5Dget_type(handle.id), "examine /\(name)")
        if H5Tequal(type.id, floe_h5_float32_little_endian()) > 0 { return nil }
        let size = H5Tget_size(type.id)
        switch H5Tget_class(type.id) {
        case H5T_FLOAT where size == 4: return "float32 of another form"
        case H5T_FLOAT: return "float\(size * 8)"
        case H5T_INTEGER: return "int\(size * 8)"
        case H5T_STRING: return "text"
        default: return "another type"
        }
    }

    /// The values, read after everything that the file claims about their place has been checked.
    ///
    /// - Throws: ``Refusal`` where the storage is not contiguous or gzip, or lies outside the file.
    func read(shape: Shape, fileBytes: Int) throws -> Tensor {
        try checkStorage(shape: shape, fileBytes: fileBytes)
        var tensor = Tensor(uninitialized: shape)
        guard shape.count > 0 else { return tensor }
        let status = tensor.withUnsafeMutableElements { elements in
            H5Dread(
                handle.id, floe_h5_native_float(), floe_h5_all(), floe_h5_all(),
                floe_h5_default(), elements.baseAddress)
        }
        try HDF5Failure.check(status, "read /\(name)")
        return tensor
    }

    private func checkStorage(shape: Shape, fileBytes: Int) throws {
        let creation = try HDF5Handle(H5Dget_create_plist(handle.id), "examine /\(name)")
        guard H5Pget_external_count(creation.id) == 0 else {
            throw Refusal(reason: "is stored outside the file")
        }
        let bytes = shape.count * 4
        switch H5Pget_layout(creation.id) {
        case H5D_CONTIGUOUS:
            guard bytes > 0 else { return }
            // libhdf5 reads zeros from beyond the end of an image.
            let offset = H5Dget_offset(handle.id)
            guard offset != floe_h5_no_address(), H5Dget_storage_size(handle.id) == bytes,
                offset <= fileBytes, bytes <= fileBytes - Int(offset)
            else { throw Refusal(reason: "does not lie within the file") }
        case H5D_CHUNKED:
            try checkFilters(creation.id)
            try checkChunks(creation.id, shape: shape)
        case H5D_VIRTUAL: throw Refusal(reason: "is virtual")
        default: throw Refusal(reason: "is neither contiguous nor gzip")
        }
    }

    private func checkFilters(_ creation: hid_t) throws {
        for index in 0..<max(0, H5Pget_nfilters(creation)) {
            var flags: UInt32 = 0
            var count = 0
            let filter = H5Pget_filter2(
                creation, UInt32(index), &flags, &count, nil, 0, nil, nil)
            guard filter == H5Z_FILTER_DEFLATE else {
                throw Refusal(reason: "has the filter \(filter), not gzip (1)")
            }
        }
    }

    /// A few hundred bytes can claim terabytes of which no chunk was ever written.
    private func checkChunks(_ creation: hid_t, shape: Shape) throws {
        var extents = [hsize_t](repeating: 0, count: shape.rank)
        guard shape.rank > 0,
            H5Pget_chunk(creation, Int32(shape.rank), &extents) == Int32(shape.rank)
        else { throw Refusal(reason: "has chunks of another rank") }
        var chunk = 4
        var chunks = 1
        for (extent, whole) in zip(extents, shape.dimensions) {
            guard let extent = Int(exactly: extent), extent > 0 else {
                throw Refusal(reason: "has chunks of no size")
            }
            let (product, overflow) = chunk.multipliedReportingOverflow(by: extent)
            chunk = overflow ? Int.max : product
            chunks *= (whole + extent - 1) / extent
        }
        let bytes = shape.count * 4
        guard chunk <= WeightsFile.Limit.chunkBytes, chunk / 4 <= max(bytes, 1024) else {
            throw Refusal(reason: "has chunks much larger than itself")
        }
        guard bytes > 0 else { return }
        guard floe_h5_written_chunks(handle.id) == Int64(chunks) else {
            throw Refusal(reason: "has chunks that were never written")
        }
        let stored = Int(clamping: H5Dget_storage_size(handle.id))
        guard bytes / WeightsFile.Limit.deflateRatio <= stored else {
            throw Refusal(reason: "claims more values than its \(stored) bytes can hold")
        }
    }
}
