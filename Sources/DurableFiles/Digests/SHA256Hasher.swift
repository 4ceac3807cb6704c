import CCrypto
import Foundation

/// SHA-256 of bytes that arrive in pieces, by libcrypto.
public struct SHA256Hasher: ~Copyable {
    private let context: OpaquePointer

    public init() {
        guard let context = EVP_MD_CTX_new() else {
            preconditionFailure("libcrypto has no memory for a digest")
        }
        self.context = context
        start()
    }

    deinit {
        EVP_MD_CTX_free(context)
    }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        let status = EVP_DigestUpdate(context, start, bytes.count)
        precondition(status == 1, "libcrypto refused to digest")
    }

    public mutating func update(_ data: Data) {
        data.withUnsafeBytes { update($0) }
    }

    /// The digest of everything since the start; the hasher starts afresh.
    public mutating func finalize() -> SHA256Digest {
        var bytes = [UInt8](repeating: 0, count: 32)
        let status = EVP_DigestFinal_ex(context, &bytes, nil)
        precondition(status == 1, "libcrypto refused to finish a digest")
        start()
        var words = SIMD4<UInt64>()
        for (index, byte) in bytes.enumerated() {
            words[index / 8] = words[index / 8] << 8 | UInt64(byte)
        }
        return SHA256Digest(words: words)
    }

    private func start() {
        let status = EVP_DigestInit_ex(context, EVP_sha256(), nil)
        precondition(status == 1, "libcrypto has no SHA-256")
    }
}
