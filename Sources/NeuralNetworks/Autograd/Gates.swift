import TensorCore

extension ForwardContext {
    /// Mean of every map over height and width: `[batch, channels, 1, 1]`.
    public func mapMeans(_ x: Variable) -> Variable {
        let backend = backend
        let (shape, layout) = (x.shape, x.tensor.layout)
        return record(backend.mapMeans(x.tensor), from: [x]) { gradient in
            [backend.mapMeansGradient(gradient, inputShape: shape, layout: layout)]
        }
    }

    /// Every value times the sum of two gates: its channel's `[batch, channels, 1, 1]`, and its
    /// pixel's `[batch, 1, height, width]` where there is one.
    public func gate(_ x: Variable, channel: Variable, spatial: Variable? = nil) -> Variable {
        let backend = backend
        let output = backend.gate(x.tensor, channel: channel.tensor, spatial: spatial?.tensor)
        return record(output, from: [x, channel] + (spatial.map { [$0] } ?? [])) { gradient in
            let result = backend.gateGradient(
                gradient, input: x.tensor, channel: channel.tensor, spatial: spatial?.tensor)
            return [result.input, result.channel, result.spatial]
        }
    }

    /// Zeroes whole channels of an image with `probability` and scales the rest up, in training only
    /// (Tompson et al. 2015): neighbouring pixels of a map say the same, so that dropping single ones
    /// hides little.
    public func spatialDropout(_ x: Variable, probability: Double) -> Variable {
        guard mode == .training, probability > 0 else { return x }
        let backend = backend
        let (n, c, _, _) = x.shape.nchw
        var stream = nextDropoutStream()
        let scale = Float(1 / (1 - probability))
        let mask = Tensor(
            (0..<n * c).map { _ in stream.chance(probability) ? 0 : scale }, shape: [n, c, 1, 1])
        return record(backend.gate(x.tensor, channel: mask, spatial: nil), from: [x]) {
            [backend.gate($0, channel: mask, spatial: nil)]
        }
    }
}
