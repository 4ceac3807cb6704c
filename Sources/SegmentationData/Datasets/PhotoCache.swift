import Synchronization

/// Decoded photos up to a number of bytes; those used least recently go first.
final class PhotoCache: Sendable {
    private struct Entries {
        var photos: [Int: (photo: DecodedPhoto, lastUse: Int)] = [:]
        var bytes = 0
        var clock = 0
    }

    private let limit: Int
    private let entries = Mutex(Entries())

    init(limit: Int) { self.limit = limit }

    /// The photo of this number, decoded now if it is not there.
    func photo(_ number: Int, _ decode: () throws -> DecodedPhoto) rethrows -> DecodedPhoto {
        let known = entries.withLock { entries -> DecodedPhoto? in
            guard let entry = entries.photos[number] else { return nil }
            entries.clock += 1
            entries.photos[number]?.lastUse = entries.clock
            return entry.photo
        }
        if let known { return known }
        // Decoded outside of the lock: two threads may do it twice, with the same result.
        let photo = try decode()
        entries.withLock { entries in
            guard photo.byteCount <= limit, entries.photos[number] == nil else { return }
            while entries.bytes + photo.byteCount > limit,
                let oldest = entries.photos.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                entries.bytes -= oldest.value.photo.byteCount
                entries.photos[oldest.key] = nil
            }
            entries.clock += 1
            entries.bytes += photo.byteCount
            entries.photos[number] = (photo, entries.clock)
        }
        return photo
    }

    /// Bytes held now.
    var byteCount: Int { entries.withLock { $0.bytes } }
}
