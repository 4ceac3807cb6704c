import DurableFiles

/// What a foreign file says that it holds: the answer of `floe-reader` before any values are read.
package struct ForeignListing: Codable, Sendable, Hashable {
    /// One dataset.
    package struct Dataset: Codable, Sendable, Hashable {
        /// Its path without a leading `/`.
        package var name: String
        /// Nil where the extents are not those of any tensor.
        package var extents: [Int]?
        /// Such as `float32` or `float64 big-endian`.
        package var type: String
        /// Why its values are not read, such as `has the filter 32000 (lzf)`; nil where they can be.
        package var problem: String?
        /// SHA-256 of the values as float32 in little-endian order, where that was asked for.
        package var digest: SHA256Digest?

        package init(
            name: String, extents: [Int]?, type: String, problem: String? = nil,
            digest: SHA256Digest? = nil
        ) {
            self.name = name
            self.extents = extents
            self.type = type
            self.problem = problem
            self.digest = digest
        }
    }

    /// Text of the attributes of one group, by name, lists that were cut into pieces made whole.
    package struct Group: Codable, Sendable, Hashable {
        /// Its path without a leading `/`; the root is empty.
        package var name: String
        package var attributes: [String: [String]]

        package init(name: String, attributes: [String: [String]]) {
            self.name = name
            self.attributes = attributes
        }
    }

    /// SHA-256 of the file.
    package var sha256: SHA256Digest
    /// Bytes of the file.
    package var bytes: Int
    /// In the order in which they lie in the file.
    package var datasets: [Dataset]
    /// Groups that have attributes which some dialect needs, sorted by name.
    package var groups: [Group]

    package init(
        sha256: SHA256Digest, bytes: Int, datasets: [Dataset], groups: [Group]
    ) {
        self.sha256 = sha256
        self.bytes = bytes
        self.datasets = datasets
        self.groups = groups
    }
}

/// Why a foreign file is refused, as `floe-reader` says it to whoever started it.
package struct ForeignRefusal: Codable, Sendable, Hashable {
    private var exitCode: Int32
    private var what: String
    private var expected: String?
    private var got: String?
    private var advice: String?

    package init(_ error: FloeError) {
        exitCode = error.kind.exitCode
        what = error.what
        expected = error.expected
        got = error.got
        advice = error.advice
    }

    /// The same error in the process that asked.
    package func error(file: String) -> FloeError {
        let kinds: [FloeError.Kind] = [.notFound, .permission, .inputOutput]
        return FloeError(
            kinds.first { $0.exitCode == exitCode } ?? .badData, file: file, what,
            expected: expected, got: got, advice: advice)
    }
}
