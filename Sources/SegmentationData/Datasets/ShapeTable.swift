import DurableFiles

/// Pixels of an image at equal distances: a part of a row, or of a column.
struct PixelSpan: Hashable {
    /// The first one, counted row by row.
    var first: Int
    var count: Int
    /// 1 along a row, the image's width down a column.
    var stride: Int
}

/// The masks of images in a file, as shapes that carry labels.
protocol ShapeTable: Sendable {
    /// Whether shapes of different labels must not share a pixel where each pixel has one class;
    /// otherwise the later one covers the earlier.
    var refusesOverlap: Bool { get }

    /// Whether it is the file of one image, and not a table of many.
    var isOfOneImage: Bool { get }

    /// Whether the table speaks of an image, by its file name.
    func contains(image: String) -> Bool

    /// The error for shapes of images that are not there, which counts them and names the first.
    func unknownImages(known: Set<String>) -> FloeError?

    /// Shows every span of pixels of an image with its label (a position in the mask's labels), in
    /// the order in which the shapes are painted.
    ///
    /// - Throws: `FloeError` of kind `.badData` where the shapes do not fit into `height` x `width`.
    func spans(
        image: String, height: Int, width: Int, _ body: (ShapeLabel, PixelSpan) throws -> Void
    ) throws
}

extension ShapeTable {
    var isOfOneImage: Bool { false }
}

/// What a shape says about its pixels.
struct ShapeLabel: Hashable {
    /// A position in the mask's labels.
    var label: Int
    /// Whether the pixels may be of the class or not, so that nothing is known of it there.
    var isVague = false
}
