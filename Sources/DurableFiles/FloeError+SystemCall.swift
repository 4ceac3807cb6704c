import Foundation
import Glibc

extension FloeError {
    /// The error of a system call that failed on a file, with the reason in the system's words.
    ///
    /// No space, a quota, a file-size limit and a failing device are `.inputOutput`; a read-only
    /// file system and refused access are `.permission`; an absent file is `.notFound`.
    ///
    /// - Parameters:
    ///   - code: the call's `errno`.
    ///   - file: the path that the call was given.
    ///   - action: what failed, as in "could not write".
    public static func systemCall(_ code: Int32, file: String, _ action: String) -> FloeError {
        FloeError(
            kind(ofCode: code), file: file, "\(action): \(String(cString: strerror(code)))",
            advice: advice(forCode: code))
    }

    private static func kind(ofCode code: Int32) -> Kind {
        switch code {
        case ENOENT, ENOTDIR: .notFound
        case EACCES, EPERM, EROFS: .permission
        case EEXIST, EISDIR, ENAMETOOLONG, ELOOP, EINVAL, ENOTEMPTY, EXDEV: .usage
        default: .inputOutput
        }
    }

    private static func advice(forCode code: Int32) -> String? {
        switch code {
        case ENOSPC: "free some space or choose another folder"
        case EDQUOT: "free some of the quota or choose another folder"
        case EFBIG: "raise the file-size limit (ulimit -f)"
        case EROFS: "choose a folder on a writable file system"
        case EMFILE, ENFILE: "raise the limit of open files (ulimit -n)"
        default: nil
        }
    }
}

extension String {
    /// The text cut to a length that fits into one error line.
    public var shortened: String {
        let limit = 80
        return utf8.count <= limit ? self : "\(prefix(limit - 20))…(\(utf8.count) bytes)"
    }
}
