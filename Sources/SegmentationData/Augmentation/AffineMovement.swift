import Foundation

/// A turn, a change of size and a shift of an image about its centre, in pixels.
struct AffineMovement: Sendable, Hashable {
    /// From a place in the new image to the one in the old that it shows, both relative to the
    /// centre: column = xx column + xy row + x, row = yx column + yy row + y.
    private(set) var xx = 1.0
    private(set) var xy = 0.0
    private(set) var yx = 0.0
    private(set) var yy = 1.0
    private(set) var x = 0.0
    private(set) var y = 0.0

    /// A turn counter-clockwise, then a change of size, then a shift.
    init(degrees: Double = 0, scale: Double = 1, down: Double = 0, right: Double = 0) {
        precondition(scale > 0, "an image of \(scale) times its size")
        let (cosine, sine) = (cos(degrees * .pi / 180), sin(degrees * .pi / 180))
        xx = cosine / scale
        xy = -sine / scale
        yx = sine / scale
        yy = cosine / scale
        x = -(xx * right + xy * down)
        y = -(yx * right + yy * down)
    }

    /// This one, then another one.
    func followed(by next: AffineMovement) -> AffineMovement {
        var result = self
        result.xx = xx * next.xx + xy * next.yx
        result.xy = xx * next.xy + xy * next.yy
        result.yx = yx * next.xx + yy * next.yx
        result.yy = yx * next.xy + yy * next.yy
        result.x = xx * next.x + xy * next.y + x
        result.y = yx * next.x + yy * next.y + y
        return result
    }
}
