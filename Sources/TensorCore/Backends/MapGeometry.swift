import CKernels

/// How a map `[batch, channels, height, width]` lies in memory for kernels that go through it channel
/// by channel, whatever its layout.
struct MapGeometry {
    let images: Int
    let channels: Int
    /// Runs of channels per image, and channels per run.
    private let blocks: Int
    private let inner: Int
    let extents: floe_map

    init(_ tensor: Tensor) { self.init(tensor.shape, tensor.layout) }

    init(_ shape: Shape, _ layout: Layout) {
        let (n, c, h, w) = shape.nchw
        images = n
        channels = c
        (blocks, inner) = layout.blocks(channels: c)
        extents = floe_map(images: n, outer: n * blocks, pixels: h * w, inner: inner)
    }

    var pixels: Int { extents.pixels }

    /// One number for every image and channel in the order of memory, padding 0.
    func coefficients(_ value: (_ image: Int, _ channel: Int) -> Double) -> [Float] {
        let width = blocks * inner
        var result = [Float](repeating: 0, count: images * width)
        for image in 0..<images {
            for channel in 0..<channels {
                result[image * width + channel] = Float(value(image, channel))
            }
        }
        return result
    }

    /// For every image and channel, `[images * channels]`: the sum over its pixels of `p`, where
    /// `mask` is above 0, and of the product with `q`.
    func sums(
        _ p: Tensor, _ q: Tensor? = nil, mask: Tensor? = nil
    ) -> (plain: [Double], product: [Double]) {
        let length = 2 * extents.outer * inner
        var sums = [Double](repeating: 0, count: length * floe_map_runs(extents))
        withExtendedLifetime((p, q, mask)) {
            floe_map_sums(&sums, p.readPointer, q?.readPointer, mask?.readPointer, extents)
        }
        var plain: [Double] = []
        var product: [Double] = []
        for image in 0..<images {
            for channel in 0..<channels {
                let place =
                    (image * blocks + channel / inner) * 2 * inner + channel % inner
                plain.append(sums[place])
                product.append(sums[place + inner])
            }
        }
        return (plain, product)
    }

    /// `a p + b q + c` with factors from `coefficients`; `p` counts only where `mask` is above 0.
    func affine(
        into result: inout Tensor, _ p: Tensor?, _ a: [Float], _ q: Tensor? = nil,
        _ b: [Float]? = nil, constant: [Float]? = nil, mask: Tensor? = nil, relu: Bool = false
    ) {
        let constant = constant ?? coefficients { _, _ in 0 }
        withExtendedLifetime((p, q, mask)) {
            floe_map_affine(
                result.writePointer(), p?.readPointer, q?.readPointer, mask?.readPointer, a, b,
                constant, relu ? 1 : 0, extents)
        }
    }
}
