import NeuralNetworks
import TensorCore
import TestSupport
import Testing

@Suite struct ConcurrentSqueezeExcitationTests {
    @Test func agreesWithSegmentationModels() throws {
        var initializer = ParameterInitializer(seed: 1)
        try LayerGolden.check(
            "concurrent squeeze and excitation",
            ConcurrentSqueezeExcitation(18, reduction: 8, from: &initializer)
        ) { $0($1, in: $2) }
    }

    /// Names of `SCSEModule`, and at least one channel in between.
    @Test(arguments: [(18, 8, 2), (4, 16, 1)])
    func statesOfTheGates(channels: Int, reduction: Int, between: Int) {
        var initializer = ParameterInitializer(seed: 1)
        let layer = ConcurrentSqueezeExcitation(channels, reduction: reduction, from: &initializer)
        let states = layer.stateEntries().map { "\($0.name) \($0.tensor.shape)" }
        #expect(
            states == [
                "cSE/1/weight \([between, channels, 1, 1] as Shape)",
                "cSE/1/bias \([between] as Shape)",
                "cSE/3/weight \([channels, between, 1, 1] as Shape)",
                "cSE/3/bias \([channels] as Shape)",
                "sSE/0/weight \([1, channels, 1, 1] as Shape)", "sSE/0/bias \([1] as Shape)",
            ])
    }
}
