import NeuralNetworks
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
}
