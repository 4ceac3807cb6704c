import COneDNN

/// What this processor can do at most, as far as a matrix product shows it.
public enum PeakRate {
    /// GFLOP/s of a large single-precision matrix product on the threads in use: the best of several.
    ///
    /// - Parameter blas: OpenBLAS's product instead of oneDNN's.
    public static func gigaflops(blas: Bool) -> Double {
        ComputeThread.shared.run {
            let side = 1536
            let notTransposed = CChar(UInt8(ascii: "N"))
            let a = Tensor(repeating: 0.5, shape: [side, side])
            let b = Tensor(repeating: 0.25, shape: [side, side])
            var c = Tensor(zeros: [side, side])
            let target = c.writePointer()
            var best = Double.infinity
            let clock = ContinuousClock()
            withExtendedLifetime((a, b, c)) {
                for _ in 0..<8 {
                    let time = clock.measure {
                        if blas {
                            parallelFor(side) { rows in
                                OpenBLASLibrary.multiply(
                                    rows.count, side, side, a.readPointer + rows.lowerBound * side,
                                    b.readPointer, target + rows.lowerBound * side)
                            }
                        } else {
                            let extent = dnnl_dim_t(side)
                            OneDNNRuntime.must(
                                dnnl_sgemm(
                                    notTransposed, notTransposed, extent, extent, extent, 1,
                                    a.readPointer, extent,
                                    b.readPointer, extent, 0, target, extent), "multiply matrices")
                        }
                    }
                    best = min(best, time / .seconds(1))
                }
            }
            return 2 * Double(side * side * side) / best / 1e9
        }
    }
}
