import Foundation
import Testing

@testable import DurableFiles

@Suite struct SHA256HasherTests {
    @Test(arguments: [1, 3, 63, 64, 65, 1000]) func piecesDoNotMatter(piece: Int) {
        let content = noise(1000)
        var hasher = SHA256Hasher()
        for start in stride(from: 0, to: content.count, by: piece) {
            hasher.update(content.dropFirst(start).prefix(piece))
        }
        #expect(hasher.finalize() == SHA256Digest.of(content))
        // It starts afresh.
        hasher.update(bytes("abc"))
        #expect(hasher.finalize() == SHA256Digest.of(bytes("abc")))
    }
}
