import TensorCore

/// The part of a mask that lies along its contour: the mask without its erosion (Cheng et al.,
/// "Boundary IoU: improving object-centric image segmentation evaluation", CVPR 2021).
///
/// The erosion is by a square of `2 distance + 1` pixels a side, which is the authors' `distance`
/// erosions by 3 x 3: a pixel is in the region where some pixel outside the mask is at most
/// `distance` rows and columns away. Beyond the image is outside.
public enum BoundaryRegion {
    /// The authors' share of the image's diagonal.
    public static let usualShare = 0.02

    /// The width of the region in pixels: the share of the image's diagonal, halves rounded to even
    /// as the authors' Python does, and at least 1.
    public static func distance(
        height: Int, width: Int, share: Double = usualShare
    ) -> Int {
        precondition(share > 0 && share.isFinite, "a boundary of \(share) of the diagonal")
        let diagonal = Double(height * height + width * width).squareRoot()
        return max(1, Int((share * diagonal).rounded(.toNearestOrEven)))
    }

    /// The region of one plane.
    ///
    /// - Parameter plane: `[height, width]`, 0, 1, or 255 for a pixel that is neither and stays so.
    /// - Returns: 1 in the region, 255 as in the plane, 0 elsewhere.
    static func of(_ plane: [UInt8], height: Int, width: Int, distance: Int) -> [UInt8] {
        precondition(distance > 0, "a boundary of \(distance) pixels")
        var region = [UInt8](repeating: 0, count: plane.count)
        // Rows since the last one that is near the outside within its row; the row above the image is.
        var since = [Int32](repeating: 0, count: width)
        let limit = Int32(clamping: distance)
        plane.withUnsafeBufferPointer { plane in
            region.withUnsafeMutableBufferPointer { region in
                since.withUnsafeMutableBufferPointer { since in
                    for row in 0..<height {
                        markRow(
                            UnsafeBufferPointer(rebasing: plane[row * width..<(row + 1) * width]),
                            UnsafeMutableBufferPointer(
                                rebasing: region[row * width..<(row + 1) * width]),
                            distance: distance)
                    }
                    guard let marks = region.baseAddress, let since = since.baseAddress,
                        let plane = plane.baseAddress
                    else { return }
                    // Downwards bit 1 is set, upwards read: the marks themselves (bit 0) must stay.
                    for row in 0..<height {
                        let own = marks + row * width
                        for column in 0..<width {
                            since[column] = own[column] & 1 != 0 ? 0 : since[column] &+ 1
                            own[column] |= since[column] <= limit ? 2 : 0
                        }
                    }
                    for column in 0..<width { since[column] = 0 }
                    for row in stride(from: height - 1, through: 0, by: -1) {
                        let own = marks + row * width
                        let values = plane + row * width
                        for column in 0..<width {
                            since[column] = own[column] & 1 != 0 ? 0 : since[column] &+ 1
                            let isNear = own[column] & 2 != 0 || since[column] <= limit
                            let value = values[column]
                            own[column] = value == LabelMap.ignore ? value : isNear ? value : 0
                        }
                    }
                }
            }
        }
        return region
    }

    /// Marks with 1 what is at most `distance` columns from a pixel outside, or from the border.
    private static func markRow(
        _ values: UnsafeBufferPointer<UInt8>, _ marks: UnsafeMutableBufferPointer<UInt8>,
        distance: Int
    ) {
        let width = values.count
        var outside = -1
        for column in 0..<width {
            if values[column] == 0 { outside = column }
            marks[column] = column - outside <= distance ? 1 : 0
        }
        outside = width
        for column in stride(from: width - 1, through: 0, by: -1) {
            if values[column] == 0 { outside = column }
            marks[column] |= outside - column <= distance ? 1 : 0
        }
    }
}
