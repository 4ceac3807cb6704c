/// The loop that all 32-bit CRCs share which take the lowest bit first; they differ in a polynomial.
enum ReflectedChecksum {
    /// What each value of a byte does to the register.
    static func table(of polynomial: UInt32) -> [UInt32] {
        (0..<256).map { byte in
            (0..<8).reduce(UInt32(byte)) { value, _ in
                value & 1 == 1 ? value >> 1 ^ polynomial : value >> 1
            }
        }
    }

    /// The register after these bytes.
    static func updated(
        _ register: UInt32, by bytes: UnsafeRawBufferPointer, _ table: [UInt32]
    ) -> UInt32 {
        table.withUnsafeBufferPointer { table in
            var register = register
            for byte in bytes {
                register = register >> 8 ^ table[Int(UInt8(truncatingIfNeeded: register) ^ byte)]
            }
            return register
        }
    }
}
