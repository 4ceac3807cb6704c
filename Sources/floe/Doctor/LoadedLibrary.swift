import Foundation

/// A shared library of this process: where it is, and what it calls itself.
///
/// Found by its symbols at run time, so that the version is that of the library in use and not that
/// of the headers, and so that the command line imports no C module.
struct LoadedLibrary: Encodable {
    let name: String
    let version: String
    let file: String?

    /// The libraries that Floe stands on, apart from the back ends.
    static func all() -> [LoadedLibrary] {
        [
            make("HDF5", "H5_lib_vers_info_g") {
                UnsafePointer($0.assumingMemoryBound(to: CChar.self))
            },
            make("TIFF", "TIFFGetVersion", textOfCall),
            make("PNG", "png_get_libpng_ver") { unsafeBitCast($0, to: PointerFunction.self)(nil) },
            jpeg(),
            make("zlib", "zlibVersion", textOfCall),
            make("OpenSSL", "OpenSSL_version") { unsafeBitCast($0, to: NumberFunction.self)(0) },
        ]
    }

    /// The library of a symbol.
    ///
    /// - Parameters:
    ///   - library: a handle of `dlopen`; nil for what is linked.
    ///   - text: from the symbol's address to a text that holds the version.
    static func make(
        _ name: String, _ symbol: String, in library: UnsafeMutableRawPointer? = nil,
        _ text: (UnsafeMutableRawPointer) -> UnsafePointer<CChar>?
    ) -> LoadedLibrary {
        guard let handle = library ?? dlopen(nil, RTLD_NOW), let address = dlsym(handle, symbol)
        else { return LoadedLibrary(name: name, version: "not loaded", file: nil) }
        // "LIBTIFF, Version 4.5.0", "HDF5 library version 1.10.8", "OpenSSL 3.0.1 25 Jan 2023"
        let words = text(address).map { String(cString: $0) }?
            .split(whereSeparator: \.isWhitespace)
        let version = words?.first { $0.first?.isNumber == true }
        return LoadedLibrary(
            name: name, version: version.map(String.init) ?? "unknown", file: file(of: address))
    }

    /// What a function without arguments returns.
    static func textOfCall(_ address: UnsafeMutableRawPointer) -> UnsafePointer<CChar>? {
        unsafeBitCast(address, to: TextFunction.self)()
    }

    /// The file that a linked symbol comes from.
    static func file(ofSymbol symbol: String) -> String? {
        dlopen(nil, RTLD_NOW).flatMap { dlsym($0, symbol) }.flatMap { file(of: $0) }
    }

    private typealias TextFunction = @convention(c) () -> UnsafePointer<CChar>?
    private typealias PointerFunction =
        @convention(c) (UnsafeRawPointer?) -> UnsafePointer<CChar>?
    private typealias NumberFunction = @convention(c) (Int32) -> UnsafePointer<CChar>?

    /// libjpeg-turbo tells its version in no function; it stands in the file as text.
    private static func jpeg() -> LoadedLibrary {
        let file = file(ofSymbol: "jpeg_std_error")
        let mark = Data("libjpeg-turbo version ".utf8)
        var version = "unknown"
        if let file, let data = FileManager.default.contents(atPath: file),
            let found = data.range(of: mark)
        {
            let rest = data[found.upperBound...].prefix(32).prefix { $0 > 32 && $0 < 127 }
            version = "turbo " + String(decoding: rest, as: UTF8.self)
        }
        return LoadedLibrary(name: "JPEG", version: version, file: file)
    }

    /// The file whose mapping holds an address; glibc hides `dladdr` from Swift.
    private static func file(of address: UnsafeMutableRawPointer) -> String? {
        // Files of /proc have no size, so they are read to their end.
        guard let maps = FileHandle(forReadingAtPath: "/proc/self/maps"),
            let data = try? maps.readToEnd()
        else { return nil }
        let place = UInt(bitPattern: address)
        for line in String(decoding: data, as: UTF8.self).split(separator: "\n") {
            let bounds = line.prefix { $0 != " " }.split(separator: "-")
                .compactMap { UInt($0, radix: 16) }
            guard bounds.count == 2, bounds[0] <= place, place < bounds[1] else { continue }
            return line.firstIndex(of: "/").map { String(line[$0...]) }
        }
        return nil
    }
}
