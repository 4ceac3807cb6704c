import TensorCore

/// Boundary IoU: counts over the boundary regions of truth and prediction instead of over the masks.
///
/// The counts are confusion counts like any others. They add up over images, and boundary IoU is
/// their `.iou` (boundary Dice their `.dice`), per image or pooled, under the same policy for absent
/// classes: a class in neither is skipped, a class in only one of the two scores 0. A mask whose
/// pixels touch neither the outside nor the image's border, because unknown pixels surround it, has
/// no boundary and counts as absent.
extension ConfusionCounts {
    /// Counts of the boundary regions of one class.
    ///
    /// - Parameters:
    ///   - truth: `[height, width]`, 0 or 1, or 255 for an ignored pixel.
    ///   - prediction: the same shape; 255 where nothing was predicted.
    ///   - ignore: non-zero for a pixel to leave out. Such pixels are neither inside nor outside: a
    ///     mask has no boundary against them.
    ///   - distance: the regions' width in pixels; nil for 2 % of the image's diagonal.
    public static func boundary(
        truth: [UInt8], prediction: [UInt8], height: Int, width: Int, ignore: [UInt8]? = nil,
        distance: Int? = nil
    ) -> ConfusionCounts {
        boundaryPerClass(
            truth: truth, prediction: prediction, classes: 1, height: height, width: width,
            ignore: ignore, distance: distance)[0]
    }

    /// Counts of the boundary regions of overlapping classes.
    ///
    /// - Parameters:
    ///   - truth: `[classes, height, width]`, 0, 1 or 255 as for one mask.
    ///   - prediction: the same shape.
    ///   - ignore: `[height, width]`, non-zero for a pixel to leave out of every class.
    ///   - distance: the regions' width in pixels; nil for 2 % of the image's diagonal.
    /// - Returns: one value per class, in the order of the classes.
    public static func boundaryPerClass(
        truth: [UInt8], prediction: [UInt8], classes: Int, height: Int, width: Int,
        ignore: [UInt8]? = nil, distance: Int? = nil
    ) -> [ConfusionCounts] {
        PairedPlanes.forEachClass(
            truth: truth, prediction: prediction, classes: classes, height: height, width: width,
            ignore: ignore
        ) { boundary(of: $0, distance: distance) }
    }

    /// Counts of the boundary regions of each class of two label maps, each against all others.
    ///
    /// - Parameters:
    ///   - truth: class indices, or 255 for an ignored pixel.
    ///   - prediction: the same; 255 where nothing was predicted.
    ///   - distance: the regions' width in pixels; nil for 2 % of the image's diagonal.
    /// - Returns: one value per class, in the order of the classes, the background included.
    public static func boundaryPerClass(
        truth: LabelMap, prediction: LabelMap, classes: Int, distance: Int? = nil
    ) -> [ConfusionCounts] {
        PairedPlanes.forEachClass(truth: truth, prediction: prediction, classes: classes) {
            boundary(of: $0, distance: distance)
        }
    }

    private static func boundary(of planes: PairedPlanes, distance: Int?) -> ConfusionCounts {
        let (height, width) = (planes.height, planes.width)
        let distance = distance ?? BoundaryRegion.distance(height: height, width: width)
        func region(_ plane: [UInt8]) -> [UInt8] {
            BoundaryRegion.of(plane, height: height, width: width, distance: distance)
        }
        return ConfusionCounts(
            truth: region(planes.truth), prediction: region(planes.prediction))
    }
}
