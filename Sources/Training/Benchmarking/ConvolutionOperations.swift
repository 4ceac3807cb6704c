import SegmentationModels
import TensorCore

/// How many operations a network's convolutions take: what GFLOP/s are counted in.
public enum ConvolutionOperations {
    /// Multiplications and additions of one forward pass by direct convolution.
    ///
    /// Counted on the two smallest images that the network takes; from there on the number grows
    /// with the number of pixels, because a network's maps keep their ratio to the image.
    /// - Parameters:
    ///   - batch: images at once.
    ///   - height: a multiple of the configuration's `inputMultiple`, as `width`.
    public static func forward(
        of network: any SegmentationNetwork, batch: Int, height: Int, width: Int
    ) -> Double {
        let side = network.configuration.inputMultiple
        let one = count(network, height: side, width: side)
        let two = count(network, height: side, width: 2 * side)
        let tiles = Double(height / side) * Double(width / side)
        return Double(batch) * (one + (two - one) * (tiles - 1))
    }

    private static func count(
        _ network: any SegmentationNetwork, height: Int, width: Int
    ) -> Double {
        ComputeThread.shared.run {
            let backend = ObservedBackend(OneDNNBackend(.exact))
            let bands = network.configuration.bands
            _ = network.predictLogits(
                Tensor(zeros: [1, bands, height, width]), backend: backend)
            return backend.convolutionOperations
        }
    }
}
