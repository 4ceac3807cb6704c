import TensorCore
import Testing

@testable import ModelZoo

@Suite struct TensorFiniteTests {
    @Test func onlyNumbersAreFinite() {
        let finite: [Float] = [
            0, -0.0, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude,
        ]
        #expect(Tensor(finite, shape: [5]).isFinite)
        #expect(Tensor(zeros: [0]).isFinite)
        for bad in [Float.nan, .signalingNaN, .infinity, -.infinity] {
            for place in 0..<5 {
                var values = finite
                values[place] = bad
                #expect(!Tensor(values, shape: [5]).isFinite)
            }
        }
    }
}
