import CHDF5
import DurableFiles
import HDF5Files

/// Text on a group of a file that is being built: how Keras says which layers there are.
struct GroupAttribute {
    /// Its path; the root is empty.
    var group: String
    var name: String
    /// One text, or a list of them.
    var texts: [String]
    var isList: Bool

    init(_ group: String, _ name: String, list texts: [String]) {
        self.group = group
        self.name = name
        self.texts = texts
        isList = true
    }

    init(_ group: String, _ name: String, text: String) {
        self.group = group
        self.name = name
        texts = [text]
        isList = false
    }

    /// As h5py writes bytes: of one width, filled up with zeros. On the thread of `HDF5Library`.
    func write(to file: hid_t) throws {
        let width = max(1, texts.map(\.utf8.count).max() ?? 1)
        guard width * texts.count < 64 << 10 else {
            throw FloeError(.internalFailure, "the attribute \(name) of /\(group) is too long")
        }
        let doing = "write the attribute \(name)"
        let owner = try HDF5Handle(H5Gopen2(file, "/\(group)", floe_h5_default()), doing)
        let type = try HDF5Handle(H5Tcopy(floe_h5_text()), doing)
        try HDF5Failure.check(H5Tset_size(type.id, width), doing)
        try HDF5Failure.check(H5Tset_strpad(type.id, H5T_STR_NULLPAD), doing)
        let space = try HDF5Handle(
            isList
                ? H5Screate_simple(1, [hsize_t(texts.count)], nil) : H5Screate(H5S_SCALAR), doing)
        let attribute = try HDF5Handle(
            H5Acreate2(
                owner.id, name, type.id, space.id, floe_h5_default(), floe_h5_default()), doing)
        guard !texts.isEmpty else { return }
        var bytes: [UInt8] = []
        for text in texts {
            bytes += Array(text.utf8)
            bytes += [UInt8](repeating: 0, count: width - text.utf8.count)
        }
        try HDF5Failure.check(H5Awrite(attribute.id, type.id, bytes), doing)
    }
}
