import Foundation

/// What this build calls itself in manifests.
public enum Software {
    public static let version = "0.1.0"
    public static let nameAndVersion = "floe \(version)"

    /// The time as manifests write it: ISO 8601, UTC, whole seconds.
    public static func timestamp(_ date: Date = Date()) -> String {
        date.formatted(.iso8601)
    }
}
