/// How a file stores one value of one band.
public enum SampleType: String, Sendable, Hashable, Codable {
    /// Unsigned, 1 to 8 bits.
    case unsigned8 = "u8"
    case unsigned16 = "u16"
    case signed16 = "i16"
    case float32 = "f32"
    /// Read into single precision.
    case float64 = "f64"

    /// Bytes that one decoded sample takes.
    public var byteCount: Int {
        switch self {
        case .unsigned8: 1
        case .unsigned16, .signed16: 2
        case .float32: 4
        case .float64: 8
        }
    }
}
