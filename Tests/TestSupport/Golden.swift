import Foundation
import TensorCore

/// Golden numbers under `Tests/Fixtures`, made by the scripts under `scripts/golden`.
public enum Golden {
    /// Decodes `Tests/Fixtures/<name>.json`.
    public static func load<Value: Decodable>(
        _ name: String, as type: Value.Type = Value.self
    ) throws -> Value {
        let url = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures").appendingPathComponent(name + ".json")
        return try JSONDecoder().decode(Value.self, from: Data(contentsOf: url))
    }
}

/// Numbers that Python and Swift make alike from a name: a 32-bit hash of name and position.
///
/// `scripts/golden/parity_shared.py` holds the same lines.
public enum ClosedForm {
    /// Uniform in [-1, 1), `count` numbers that depend on the name and their position only.
    public static func uniform(_ name: String, count: Int) -> [Double] {
        var seed: UInt32 = 2_166_136_261
        for byte in name.utf8 { seed = (seed ^ UInt32(byte)) &* 16_777_619 }
        return (0..<count).map { index in
            var x = seed &+ UInt32(truncatingIfNeeded: index) &* 0x9E37_79B9
            x = (x ^ (x >> 16)) &* 0x85EB_CA6B
            x = (x ^ (x >> 13)) &* 0xC2B2_AE35
            x ^= x >> 16
            return Double(x) * 0x1p-31 - 1
        }
    }

    /// The same as a tensor of the reference, rounded to what single precision holds.
    public static func single(
        _ name: String, _ shape: Shape, scale: Double = 1, shift: Double = 0
    ) -> ReferenceTensor {
        let values = uniform(name, count: shape.count).map {
            Double(Float(Double(Float($0)) * scale + shift))
        }
        return ReferenceTensor(values, shape: shape)
    }

    /// FNV-1a of 64 bits, in hexadecimal.
    public static func digest(_ text: String) -> String {
        var result: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { result = (result ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let digits = String(result, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
