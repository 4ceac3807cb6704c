import CKernels

extension Tensor {
    /// The same values in another layout; the identity where the layout is already that.
    public func converted(to target: Layout) -> Tensor {
        if layout == target { return self }
        let (n, c, h, w) = shape.nchw
        switch (layout, target) {
        case (.plain, .channelsLast): return repacked(to: target, block: c)
        case (.plain, .channelBlocked(let block)): return repacked(to: target, block: block)
        case (.channelsLast, .plain), (.channelBlocked, .plain):
            var result = Tensor(uninitialized: shape, layout: .plain)
            let (_, block) = layout.blocks(channels: c)
            let stride = layout.storageCount(of: [1, c, h, w])
            result.fill(from: self) { out, input, _ in
                for image in 0..<n {
                    floe_unblock_channels(
                        out + image * c * h * w, input + image * stride, c, h * w, block)
                }
            }
            return result
        default: return converted(to: .plain).converted(to: target)
        }
    }

    private func repacked(to target: Layout, block: Int) -> Tensor {
        let (n, c, h, w) = shape.nchw
        var result = Tensor(uninitialized: shape, layout: target)
        let stride = target.storageCount(of: [1, c, h, w])
        result.fill(from: self) { out, input, _ in
            for image in 0..<n {
                floe_block_channels(
                    out + image * stride, input + image * c * h * w, c, h * w, block)
            }
        }
        return result
    }
}
