import CHDF5
import DurableFiles
import Foundation

/// Attributes that hold text: how Keras says which layers and weights there are.
///
/// Used on the thread of ``HDF5Library``.
enum HDF5Attribute {
    /// The strings of an attribute; nil where there is none.
    ///
    /// An attribute without elements is an empty list whatever its type: Keras writes it as numbers.
    /// - Throws: `FloeError` where it holds no text, or more than any network needs.
    static func strings(_ name: String, of object: hid_t) throws -> [String]? {
        switch H5Aexists(object, name) {
        case 0: return nil
        case 1...: break
        default: throw HDF5Failure.take("look for the attribute \(name)")
        }
        let attribute = try HDF5Handle(
            H5Aopen(object, name, floe_h5_default()), "open the attribute \(name)")
        let space = try HDF5Handle(H5Aget_space(attribute.id), "examine the attribute \(name)")
        let count = Int(H5Sget_simple_extent_npoints(space.id))
        guard count > 0 else { return [] }
        let type = try HDF5Handle(H5Aget_type(attribute.id), "examine the attribute \(name)")
        guard H5Tget_class(type.id) == H5T_STRING else {
            throw FloeError(.badData, "the attribute \(name)", expected: "text")
        }
        guard count <= HDF5Limit.attributeStrings,
            H5Aget_storage_size(attribute.id) <= HDF5Limit.attributeBytes
        else { throw tooLarge(name) }
        let isVariable = H5Tis_variable_str(type.id)
        try HDF5Failure.check(isVariable, "examine the attribute \(name)")
        return isVariable > 0
            ? try variable(attribute.id, type.id, space.id, count: count, name: name)
            : try fixed(attribute.id, type.id, count: count, name: name)
    }

    /// A list under its name, or in pieces under the name and 0, 1, 2 and so on: a single attribute
    /// holds at most 64 KiB, so Keras cuts longer ones.
    static func list(_ name: String, of object: hid_t) throws -> [String]? {
        if let whole = try strings(name, of: object) { return whole }
        var pieces: [String]?
        for number in 0..<1024 {
            guard let piece = try strings("\(name)\(number)", of: object) else { break }
            pieces = (pieces ?? []) + piece
            guard pieces?.count ?? 0 <= HDF5Limit.attributeStrings else { throw tooLarge(name) }
        }
        return pieces
    }

    private static func fixed(
        _ attribute: hid_t, _ type: hid_t, count: Int, name: String
    ) throws -> [String] {
        let size = H5Tget_size(type)
        guard size > 0, size <= HDF5Limit.stringBytes,
            count * size <= HDF5Limit.attributeBytes
        else { throw tooLarge(name) }
        var bytes = [UInt8](repeating: 0, count: count * size)
        try HDF5Failure.check(
            H5Aread(attribute, type, &bytes), "read the attribute \(name)")
        let isSpaced = H5Tget_strpad(type) == H5T_STR_SPACEPAD
        return try (0..<count).map { index in
            // The text may fill its width, without a NUL at its end.
            var text = bytes[index * size..<(index + 1) * size].prefix { $0 != 0 }
            while isSpaced, text.last == UInt8(ascii: " ") { text.removeLast() }
            return try decoded(Array(text), name)
        }
    }

    private static func variable(
        _ attribute: hid_t, _ type: hid_t, _ space: hid_t, count: Int, name: String
    ) throws -> [String] {
        // The file's own type keeps its character set; some releases do not convert between two.
        var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
        try HDF5Failure.check(
            H5Aread(attribute, type, &pointers), "read the attribute \(name)")
        defer { _ = floe_h5_reclaim(type, space, &pointers) }
        var total = 0
        return try pointers.map { pointer in
            guard let pointer else { return "" }
            let length = strnlen(pointer, HDF5Limit.stringBytes + 1)
            total += length
            guard length <= HDF5Limit.stringBytes, total <= HDF5Limit.attributeBytes else {
                throw tooLarge(name)
            }
            let bytes = UnsafeRawBufferPointer(start: pointer, count: length)
            return try decoded(Array(bytes), name)
        }
    }

    private static func decoded(_ bytes: [UInt8], _ name: String) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw FloeError(.badData, "the attribute \(name) is not UTF-8")
        }
        return text
    }

    private static func tooLarge(_ name: String) -> FloeError {
        FloeError(
            .badData, "the attribute \(name) is too large",
            expected: "at most \(HDF5Limit.attributeStrings) texts of "
                + "\(HDF5Limit.stringBytes) bytes")
    }
}
