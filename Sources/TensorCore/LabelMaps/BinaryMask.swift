/// One byte per pixel, rows top to bottom: 0 outside, 1 inside.
public struct BinaryMask: Hashable, Sendable {
    public let height: Int
    public let width: Int
    /// `[height, width]`, 0 or 1.
    public internal(set) var values: [UInt8]

    /// - Parameter values: `[height, width]`; every other value than 0 is inside.
    public init(height: Int, width: Int, values: UnsafeBufferPointer<UInt8>) {
        precondition(
            values.count == height * width, "\(values.count) values for \(height)x\(width)")
        self.height = height
        self.width = width
        self.values = [UInt8](unsafeUninitializedCapacity: values.count) { out, count in
            count = values.count
            for pixel in 0..<values.count { out[pixel] = values[pixel] == 0 ? 0 : 1 }
        }
    }

    /// - Parameter values: `[height, width]`; every other value than 0 is inside.
    public init(height: Int, width: Int, values: [UInt8]) {
        self = values.withUnsafeBufferPointer {
            BinaryMask(height: height, width: width, values: $0)
        }
    }

    /// - Parameters:
    ///   - probabilities: `[height, width]`.
    ///   - threshold: the lowest probability that is inside.
    public init(
        height: Int, width: Int, probabilities: UnsafeBufferPointer<Float>, threshold: Float
    ) {
        precondition(
            probabilities.count == height * width,
            "\(probabilities.count) values for \(height)x\(width)")
        self.height = height
        self.width = width
        values = [UInt8](unsafeUninitializedCapacity: probabilities.count) { out, count in
            count = probabilities.count
            for pixel in 0..<probabilities.count {
                out[pixel] = probabilities[pixel] >= threshold ? 1 : 0
            }
        }
    }

    /// Nothing inside.
    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
        values = [UInt8](repeating: 0, count: height * width)
    }

    /// The pixels of a map that are of one class.
    public init(_ map: LabelMap, class label: UInt8) {
        height = map.height
        width = map.width
        values = map.labels.withUnsafeBufferPointer { labels in
            [UInt8](unsafeUninitializedCapacity: labels.count) { out, count in
                count = labels.count
                for pixel in 0..<labels.count { out[pixel] = labels[pixel] == label ? 1 : 0 }
            }
        }
    }

    /// Pixels inside.
    public var area: Int {
        values.withUnsafeBufferPointer { values in values.reduce(0) { $0 + Int($1) } }
    }

    /// Without the components of fewer pixels than `size`.
    ///
    /// scikit-image's `remove_small_objects(min_size=size)`.
    public func removingComponents(
        below size: Int, connectivity: ConnectedComponents.Connectivity
    ) -> BinaryMask {
        guard size > 1 else { return self }
        let components = ConnectedComponents(of: self, connectivity: connectivity)
        return components.mask { components.sizes[$0] >= size }
    }

    /// Only the component of most pixels; of several as large the first in raster order.
    public func keepingLargestComponent(
        connectivity: ConnectedComponents.Connectivity
    ) -> BinaryMask {
        let components = ConnectedComponents(of: self, connectivity: connectivity)
        guard components.count > 1, let largest = components.largest else { return self }
        return components.mask { $0 == largest }
    }

    /// With the holes inside, or those of at most `size` pixels.
    ///
    /// A hole is a component of the outside that does not reach the border. It is connected the
    /// other way than the inside (4 where that is 8), without which a closed curve would not
    /// separate. All holes at 8 are what scipy's `binary_fill_holes` fills.
    ///
    /// - Parameter connectivity: that of the inside.
    public func fillingHoles(
        atMost size: Int? = nil, connectivity: ConnectedComponents.Connectivity
    ) -> BinaryMask {
        var inverse = self
        inverse.values.withUnsafeMutableBufferPointer { values in
            for pixel in 0..<values.count { values[pixel] ^= 1 }
        }
        let outside = ConnectedComponents(of: inverse, connectivity: connectivity.dual)
        var isHole = outside.sizes.map { $0 <= size ?? Int.max }
        for run in outside.runs
        where run.row == 0 || run.row == height - 1 || run.start == 0 || run.end == width {
            isHole[run.component] = false
        }
        guard isHole.contains(true) else { return self }
        var result = self
        result.values.withUnsafeMutableBufferPointer { values in
            for run in outside.runs where isHole[run.component] {
                for pixel in run.row * width + run.start..<run.row * width + run.end {
                    values[pixel] = 1
                }
            }
        }
        return result
    }

    /// The convex hulls of all components together.
    public func hullsOfComponents(
        connectivity: ConnectedComponents.Connectivity
    ) -> BinaryMask {
        let components = ConnectedComponents(of: self, connectivity: connectivity)
        var result = BinaryMask(height: height, width: width)
        for hull in ConvexHull.ofEach(components) { hull.fill(&result) }
        return result
    }
}
