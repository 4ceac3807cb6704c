/// How classes exclude one another.
public enum OutputKind: String, Codable, Sendable, Hashable {
    /// Each class on its own: a pixel may carry none or several (and a single class is binary).
    case sigmoid
    /// Exactly one class a pixel.
    case softmax
}
