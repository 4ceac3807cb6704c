import SegmentationMetrics

extension OpenedEnsemble {
    /// A member's share where uncertainty is reckoned; weights by class have one mean.
    func meanWeight(of position: Int) -> Double {
        let own = weights[position]
        return own.reduce(0, +) / Double(own.count)
    }

    /// For the members' probabilities of so many pixels; nil for a softmax of one class, which is sure.
    func uncertainty(pixels: Int) -> MemberUncertainty? {
        let isExclusive = output.activation == .softmax
        guard !isExclusive || classes > 1 else { return nil }
        return MemberUncertainty(classes: classes, pixels: pixels, isExclusive: isExclusive)
    }

    /// Why there is no uncertainty to be written, in words; nil where there is one.
    public var uncertaintyObstacle: String? {
        if members.indices.count(where: { meanWeight(of: $0) > 0 }) < 2 {
            return "one member has nobody to disagree with"
        }
        if output.activation == .softmax, classes < 2 { return "a single class is certain" }
        return nil
    }

    /// Bands of an uncertainty file: total, data and disagreement of every map.
    public var uncertaintyBands: Int { 3 * (output.activation == .softmax ? 1 : classes) }
}
