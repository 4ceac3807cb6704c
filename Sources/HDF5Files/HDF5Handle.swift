import CHDF5
import DurableFiles

/// An id of libhdf5 that is released when it goes out of scope: a file, group, dataset, dataspace,
/// type or property list.
///
/// Leaking one keeps its file open and has made libhdf5 1.10.8 crash at exit, so ids live in here
/// only. Used on the thread of ``HDF5Library``.
package struct HDF5Handle: ~Copyable {
    package let id: hid_t

    /// Takes over the id that a call returned; a negative one is the call's failure.
    package init(_ id: hid_t, _ doing: @autoclosure () -> String) throws {
        guard id >= 0 else { throw HDF5Failure.take(doing()) }
        self.id = id
    }

    deinit { H5Idec_ref(id) }
}

/// Turns libhdf5's error stack into one line.
package enum HDF5Failure {
    /// The error of the call that just failed; `doing` is what it was meant to do.
    package static func take(_ doing: String) -> FloeError {
        var messages = floe_h5_messages()
        floe_h5_take_messages(&messages)
        let inner = text(&messages.inner)
        let outer = text(&messages.outer)
        var reasons = [outer, inner].filter { !$0.isEmpty }
        if reasons.count == 2, reasons[0] == reasons[1] { reasons.removeLast() }
        let why = reasons.isEmpty ? "" : " (HDF5: \(reasons.joined(separator: ": ")))"
        return FloeError(
            .badData, "cannot \(doing)\(why)",
            advice: why.contains("bad version number")
                ? "written by a newer HDF5: save it again with libver='earliest'" : nil)
    }

    /// Throws unless `status` is zero or positive.
    package static func check(_ status: Int32, _ doing: @autoclosure () -> String) throws {
        if status < 0 { throw take(doing()) }
    }

    private static func text<Tuple>(_ characters: inout Tuple) -> String {
        withUnsafeBytes(of: &characters) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
