/// Where the pixels of one resized axis come from: half-pixel centres, as PyTorch's
/// `align_corners=False` without antialiasing.
struct InterpolationAxis {
    /// The two neighbours of each target position; the same one twice at the edges.
    let first: [Int]
    let second: [Int]
    /// The second neighbour's share.
    let share: [Float]

    init(from source: Int, to target: Int) {
        let scale = Double(source) / Double(target)
        var first: [Int] = []
        var second: [Int] = []
        var share: [Float] = []
        for position in 0..<target {
            let centre = max(0, (Double(position) + 0.5) * scale - 0.5)
            let low = min(Int(centre), source - 1)
            first.append(low)
            second.append(min(low + 1, source - 1))
            share.append(low == source - 1 ? 0 : Float(centre - Double(low)))
        }
        self.first = first
        self.second = second
        self.share = share
    }

    /// Nearest neighbours with half-pixel centres: floor((i + 0.5) * source / target).
    static func nearest(from source: Int, to target: Int) -> [Int] {
        (0..<target).map { min((2 * $0 + 1) * source / (2 * target), source - 1) }
    }
}
