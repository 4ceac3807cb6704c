import CHDF5
import DurableFiles
import Foundation
import HDF5Files
import NeuralNetworks
import TensorCore

extension WeightsFile {
    /// The bytes of a weights file that holds a network's state.
    ///
    /// - Parameter entries: the leaves in state order, which is the order in the file.
    /// - Throws: `FloeError` of kind `numeric` where a value is not finite.
    public static func encode(_ entries: [StateEntry]) throws -> Data {
        try encode(entries.map(NamedTensor.init))
    }

    /// The bytes of a file that holds named tensors in the given order.
    ///
    /// - Throws: `FloeError` of kind `numeric` where a value is not finite, `internalFailure` where
    ///   a name is empty, used twice or also a group's.
    public static func encode(_ tensors: [NamedTensor]) throws -> Data {
        try encode(tensors, attributes: [])
    }

    /// The same with texts on groups, which some other programs' files need.
    static func encode(_ tensors: [NamedTensor], attributes: [GroupAttribute]) throws -> Data {
        try checkFinite(tensors)
        let tree = try NameTree(tensors.map(\.name))
        return try HDF5Library.shared.run {
            try image(of: tensors, attributes: attributes, tree: tree)
        }
    }

    private static func checkFinite(_ tensors: [NamedTensor]) throws {
        let names = tensors.filter { !$0.tensor.isFinite }.map(\.name)
        guard names.isEmpty else {
            throw FloeError(
                .numeric, "values that are not finite in \(Listing.of(names))",
                advice: "weights are stored only when every value is a number")
        }
    }

    private static func image(
        of tensors: [NamedTensor], attributes: [GroupAttribute], tree: NameTree
    ) throws -> Data {
        let access = try HDF5Handle(
            H5Pcreate(floe_h5_class_file_access()), "make a property list")
        try HDF5Failure.check(floe_h5_pin_format(access.id), "pin the file format")
        // Grown in steps of this many bytes, in memory only.
        try HDF5Failure.check(H5Pset_fapl_core(access.id, 4 << 20, false), "build a file in memory")
        // Without blocks of their own for small pieces, everything lies in the order of creation.
        try HDF5Failure.check(H5Pset_meta_block_size(access.id, 0), "set the block size")
        try HDF5Failure.check(H5Pset_small_data_block_size(access.id, 0), "set the block size")
        let creation = try HDF5Handle(
            H5Pcreate(floe_h5_class_file_creation()), "make a property list")
        try prepareGroup(creation.id, links: tree.children(of: ""))
        let file = try HDF5Handle(
            H5Fcreate("floe-weights", floe_h5_truncate(), creation.id, access.id),
            "build a file in memory")
        var made: Set<String> = []
        for named in tensors {
            for group in tree.groups(of: named.name) where made.insert(group).inserted {
                try makeGroup(group, in: file.id, links: tree.children(of: group))
            }
            try write(named, to: file.id)
        }
        for attribute in attributes { try attribute.write(to: file.id) }
        try HDF5Failure.check(H5Fflush(file.id, H5F_SCOPE_LOCAL), "flush the image")
        let size = H5Fget_file_image(file.id, nil, 0)
        guard size > 0 else { throw HDF5Failure.take("measure the image") }
        var data = Data(count: size)
        let copied = data.withUnsafeMutableBytes { bytes in
            H5Fget_file_image(file.id, bytes.baseAddress, bytes.count)
        }
        guard copied == size else { throw HDF5Failure.take("copy the image") }
        return data
    }

    /// Times would differ between two saves; a heap of the right size is never moved, and so leaves
    /// no hole that a later object fills out of order.
    private static func prepareGroup(_ list: hid_t, links: [String]) throws {
        try HDF5Failure.check(H5Pset_obj_track_times(list, false), "switch times off")
        let bytes = links.reduce(8) { $0 + ($1.utf8.count + 1 + 7) / 8 * 8 }
        try HDF5Failure.check(
            H5Pset_local_heap_size_hint(list, max(bytes + 16, 64)), "set the heap's size")
    }

    private static func makeGroup(_ path: String, in file: hid_t, links: [String]) throws {
        let creation = try HDF5Handle(
            H5Pcreate(floe_h5_class_group_creation()), "make a property list")
        try prepareGroup(creation.id, links: links)
        _ = try HDF5Handle(
            H5Gcreate2(file, path, floe_h5_default(), creation.id, floe_h5_default()),
            "make group \(path)")
    }

    private static func write(_ named: NamedTensor, to file: hid_t) throws {
        let creation = try HDF5Handle(
            H5Pcreate(floe_h5_class_dataset_creation()), "make a property list")
        try HDF5Failure.check(H5Pset_obj_track_times(creation.id, false), "switch times off")
        try HDF5Failure.check(H5Pset_layout(creation.id, H5D_CONTIGUOUS), "set the layout")
        try HDF5Failure.check(
            H5Pset_alloc_time(creation.id, H5D_ALLOC_TIME_EARLY), "set the allocation time")
        try HDF5Failure.check(
            H5Pset_fill_time(creation.id, H5D_FILL_TIME_NEVER), "set the fill time")
        let shape = named.tensor.shape
        let dimensions = shape.dimensions.map { hsize_t($0) }
        let space = try HDF5Handle(
            dimensions.isEmpty
                ? H5Screate(H5S_SCALAR)
                : H5Screate_simple(Int32(dimensions.count), dimensions, nil),
            "make a space of shape \(shape)")
        let dataset = try HDF5Handle(
            H5Dcreate2(
                file, named.name, floe_h5_float32_little_endian(), space.id, floe_h5_default(),
                creation.id, floe_h5_default()), "make dataset \(named.name)")
        guard shape.count > 0 else { return }
        let plain =
            named.tensor.layout == .plain ? named.tensor : named.tensor.converted(to: .plain)
        let status = plain.withUnsafeElements { elements in
            H5Dwrite(
                dataset.id, floe_h5_native_float(), floe_h5_all(), floe_h5_all(),
                floe_h5_default(), elements.baseAddress)
        }
        try HDF5Failure.check(status, "write dataset \(named.name)")
    }
}

/// The groups that a list of dataset paths needs, and the names in each.
private struct NameTree {
    private var links: [String: [String]] = [:]

    init(_ names: [String]) throws {
        var datasets: Set<String> = []
        var groups: Set<String> = []
        for name in names {
            let segments = name.split(separator: "/", omittingEmptySubsequences: false)
            guard !name.utf8.contains(0), segments.count <= HDF5Limit.depth,
                segments.allSatisfy({
                    !$0.isEmpty && $0 != "." && $0 != ".."
                        && $0.utf8.count <= HDF5Limit.nameBytes
                })
            else { throw FloeError(.internalFailure, "'\(name)' cannot name a tensor") }
            guard datasets.insert(name).inserted, !groups.contains(name) else {
                throw FloeError(.internalFailure, "two tensors or groups have the name '\(name)'")
            }
            var parent = ""
            for segment in segments.dropLast() {
                let path = parent.isEmpty ? String(segment) : "\(parent)/\(segment)"
                guard !datasets.contains(path) else {
                    throw FloeError(.internalFailure, "'\(path)' is a tensor and a group")
                }
                if groups.insert(path).inserted {
                    links[parent, default: []].append(String(segment))
                }
                parent = path
            }
            links[parent, default: []].append(String(segments[segments.count - 1]))
        }
    }

    func children(of group: String) -> [String] { links[group] ?? [] }

    /// Paths of the groups above a dataset, outermost first.
    func groups(of name: String) -> [String] {
        name.indices.filter { name[$0] == "/" }.map { String(name[..<$0]) }
    }
}
