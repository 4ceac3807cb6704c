import TensorCore

extension Tensor {
    /// True where no element is infinite or not a number.
    var isFinite: Bool {
        withUnsafeElements { elements in
            // A number is finite unless all bits of its exponent are set.
            var found: UInt32 = 0
            for element in elements {
                found |= element.bitPattern & 0x7F80_0000 == 0x7F80_0000 ? 1 : 0
            }
            return found == 0
        }
    }
}
