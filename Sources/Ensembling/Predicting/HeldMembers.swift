import DurableFiles
import Training

/// Networks that are kept from scene to scene and from band to band: loading one takes as long as
/// predicting several small images.
///
/// Kept are the first that memory holds; the others are loaded when they are asked for, one at a time.
public final class HeldMembers {
    /// Memory for the networks that are kept.
    public static let defaultBytes = 2 << 30

    private var room: Int
    private var kept: [SHA256Digest: MemberPredictor] = [:]
    private var other: (sha256: SHA256Digest, member: MemberPredictor)?

    public init(bytes: Int = defaultBytes) { room = bytes }

    /// A member by the digest of its manifest, loaded unless it is held.
    func member(
        _ sha256: SHA256Digest, _ load: () throws -> MemberPredictor
    ) rethrows -> MemberPredictor {
        if let held = kept[sha256] { return held }
        if let other, other.sha256 == sha256 { return other.member }
        // The one before goes first, so that two networks beyond the room are never held.
        other = nil
        let member = try load()
        // Weights, and the form that the kernels want them in.
        let bytes = member.manifest.weights.parameterCount * MemoryLayout<Float>.stride * 2
        if bytes <= room {
            room -= bytes
            kept[sha256] = member
        } else {
            other = (sha256, member)
        }
        return member
    }
}
