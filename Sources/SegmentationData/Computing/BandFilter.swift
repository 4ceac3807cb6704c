/// What computes a band from another one, of the same size.
///
/// At the image's edge it is continued by reflection about the edge itself, the last pixel being
/// repeated (`c b a | a b c`): the `reflect` of `scipy.ndimage`, the `symmetric` of PyWavelets.
public enum BandFilter: Sendable, Hashable {
    /// 1 where the value is `at` or more, in the file's own units, else 0.
    case threshold(at: Double)
    /// The length of the gradient by Sobel's two 3x3 kernels, `[1 2 1]` across `[-1 0 1]`, neither of
    /// them scaled: `hypot` of `scipy.ndimage.sobel` along rows and columns.
    case sobel
    /// The sum of the four neighbours less four times the pixel: `scipy.ndimage.laplace`.
    case laplacian
    /// A coefficient of the undecimated single-level Haar wavelet transform (the à trous scheme;
    /// Nason and Silverman 1995), of each pixel with those at its right, below it and across.
    ///
    /// At every second row and column it is the coefficient of `pywt.dwt2`. It is not decimated, so
    /// that it has the image's size and moves with the image, whatever window is cut out.
    case haar(HaarSubband)

    /// The four coefficients of the two-dimensional Haar transform, of the pixels `a b` over `c d`.
    public enum HaarSubband: String, Codable, CaseIterable, Sendable {
        /// (a + b + c + d) / 2.
        case approximation
        /// (a + b - c - d) / 2: changes from row to row, hence horizontal edges.
        case horizontal
        /// (a - b + c - d) / 2: changes from column to column, hence vertical edges.
        case vertical
        /// (a - b - c + d) / 2.
        case diagonal
    }

    /// The pixels besides its own that a value is computed from: rows down, columns to the right.
    var neighbours: [(row: Int, column: Int)] {
        switch self {
        case .threshold: []
        case .sobel:
            [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]
        case .laplacian: [(-1, 0), (0, -1), (0, 1), (1, 0)]
        case .haar: [(0, 1), (1, 0), (1, 1)]
        }
    }

    /// Computes one band, row by row.
    ///
    /// - Parameters:
    ///   - source: `[row, column]`.
    ///   - target: as large as `source`; not initialised.
    func apply(
        _ source: UnsafePointer<Float>, height: Int, width: Int,
        to target: UnsafeMutablePointer<Float>
    ) {
        switch self {
        case .threshold(let at):
            for pixel in 0..<height * width {
                (target + pixel).initialize(to: Double(source[pixel]) >= at ? 1 : 0)
            }
        case .sobel:
            Self.sweep(source, height, width, target) { above, row, below, left, column, right in
                let across =
                    (above[right] + 2 * row[right] + below[right])
                    - (above[left] + 2 * row[left] + below[left])
                let down =
                    (below[left] + 2 * below[column] + below[right])
                    - (above[left] + 2 * above[column] + above[right])
                return (across * across + down * down).squareRoot()
            }
        case .laplacian:
            Self.sweep(source, height, width, target) { above, row, below, left, column, right in
                (above[column] + below[column]) + (row[left] + row[right]) - 4 * row[column]
            }
        case .haar(let subband):
            let (b, c, d): (Float, Float, Float) =
                switch subband {
                case .approximation: (1, 1, 1)
                case .horizontal: (1, -1, -1)
                case .vertical: (-1, 1, -1)
                case .diagonal: (-1, -1, 1)
                }
            Self.sweep(source, height, width, target) { _, row, below, _, column, right in
                ((row[column] + b * row[right]) + (c * below[column] + d * below[right])) / 2
            }
        }
    }

    /// Calls `value` for each pixel with its row, those above and below, its column and those at its
    /// left and right. At an edge the neighbour is the pixel itself, which is what reflection gives.
    @inline(__always)
    private static func sweep(
        _ source: UnsafePointer<Float>, _ height: Int, _ width: Int,
        _ target: UnsafeMutablePointer<Float>,
        _ value: (
            _ above: UnsafePointer<Float>, _ row: UnsafePointer<Float>,
            _ below: UnsafePointer<Float>, _ left: Int, _ column: Int, _ right: Int
        ) -> Float
    ) {
        for index in 0..<height {
            let row = source + index * width
            let above = index > 0 ? row - width : row
            let below = index + 1 < height ? row + width : row
            let out = target + index * width
            for column in 0..<width {
                let left = column > 0 ? column - 1 : 0
                let right = column + 1 < width ? column + 1 : column
                (out + column).initialize(to: value(above, row, below, left, column, right))
            }
        }
    }
}
