/// How a file stores one value of one band.
public enum SampleType: String, Sendable, Hashable, Codable {
    /// Unsigned, 1 to 8 bits, and truth values.
    case unsigned8 = "u8"
    case unsigned16 = "u16"
    case unsigned32 = "u32"
    case unsigned64 = "u64"
    case signed8 = "i8"
    case signed16 = "i16"
    case signed32 = "i32"
    case signed64 = "i64"
    case float16 = "f16"
    case float32 = "f32"
    /// Read into single precision.
    case float64 = "f64"

    /// Bytes that one decoded sample takes.
    public var byteCount: Int {
        switch self {
        case .unsigned8, .signed8: 1
        case .unsigned16, .signed16, .float16: 2
        case .unsigned32, .signed32, .float32: 4
        case .unsigned64, .signed64, .float64: 8
        }
    }
}
