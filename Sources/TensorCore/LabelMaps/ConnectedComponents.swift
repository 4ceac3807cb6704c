/// Which pixels inside a mask hang together (Rosenfeld and Pfaltz 1966).
///
/// Two passes over runs of pixels: the first joins each run with those of the row above that it
/// touches, the second numbers the sets. Components are numbered from 0 in the raster order of
/// their first pixels, as scipy and scikit-image number them from 1.
public struct ConnectedComponents: Sendable {
    /// Which neighbours touch: those beside, above and below, or the diagonal ones too.
    public enum Connectivity: Int, Codable, CaseIterable, Sendable {
        case four = 4
        case eight = 8

        /// That of the outside, where this is the inside's.
        public var dual: Connectivity { self == .four ? .eight : .four }
    }

    /// Pixels `start..<end` of a row.
    public struct Run: Hashable, Sendable {
        private let storedRow: Int32
        private let storedStart: Int32
        private let storedEnd: Int32
        fileprivate var storedComponent: Int32

        public var row: Int { Int(storedRow) }
        public var start: Int { Int(storedStart) }
        /// One past the last column.
        public var end: Int { Int(storedEnd) }
        public var component: Int { Int(storedComponent) }

        fileprivate init(row: Int, start: Int, end: Int, set: Int) {
            storedRow = Int32(row)
            storedStart = Int32(start)
            storedEnd = Int32(end)
            storedComponent = Int32(set)
        }
    }

    public let height: Int
    public let width: Int
    /// In raster order.
    public let runs: [Run]
    /// Pixels of each component.
    public let sizes: [Int]

    public var count: Int { sizes.count }

    /// The component of most pixels; of several as large the first.
    public var largest: Int? {
        sizes.indices.max { sizes[$0] < sizes[$1] || (sizes[$0] == sizes[$1] && $0 > $1) }
    }

    public init(of mask: BinaryMask, connectivity: Connectivity) {
        height = mask.height
        width = mask.width
        precondition(height * width < Int(Int32.max), "\(height)x\(width) pixels")
        var runs = mask.values.withUnsafeBufferPointer {
            Self.runs(of: $0, height: mask.height, width: mask.width)
        }
        sizes = runs.withUnsafeMutableBufferPointer {
            Self.join($0, reach: connectivity == .eight ? 1 : 0)
            return Self.number($0)
        }
        self.runs = runs
    }

    private static func runs(
        of mask: UnsafeBufferPointer<UInt8>, height: Int, width: Int
    ) -> [Run] {
        var runs: [Run] = []
        for row in 0..<height {
            let first = row * width
            var column = 0
            while column < width {
                while column < width, mask[first + column] == 0 { column += 1 }
                guard column < width else { break }
                let start = column
                while column < width, mask[first + column] != 0 { column += 1 }
                // A set is known by its first run, so that sets are in raster order.
                runs.append(Run(row: row, start: start, end: column, set: runs.count))
            }
        }
        return runs
    }

    /// Makes every run point to an earlier one of its set, or to itself where it is the first.
    private static func join(_ runs: UnsafeMutableBufferPointer<Run>, reach: Int) {
        func root(_ index: Int) -> Int {
            var index = index
            while runs[index].component != index {
                // Halving the path keeps trees flat.
                runs[index].storedComponent = runs[runs[index].component].storedComponent
                index = runs[index].component
            }
            return index
        }
        var above = 0
        for index in runs.indices {
            let run = runs[index]
            while above < index, runs[above].row < run.row - 1 { above += 1 }
            while above < index, runs[above].row == run.row - 1,
                runs[above].end + reach <= run.start
            {
                above += 1
            }
            var other = above
            while other < index, runs[other].row == run.row - 1,
                runs[other].start < run.end + reach
            {
                let (one, two) = (root(index), root(other))
                runs[max(one, two)].storedComponent = Int32(min(one, two))
                other += 1
            }
        }
    }

    /// Replaces the sets by numbers from 0 in order, and counts their pixels.
    private static func number(_ runs: UnsafeMutableBufferPointer<Run>) -> [Int] {
        var sizes: [Int] = []
        for index in runs.indices {
            let run = runs[index]
            if run.component == index {
                runs[index].storedComponent = Int32(sizes.count)
                sizes.append(run.end - run.start)
            } else {
                // The earlier run has its number already.
                runs[index].storedComponent = runs[run.component].storedComponent
                sizes[runs[index].component] += run.end - run.start
            }
        }
        return sizes
    }

    /// The number of each pixel's component counted from 1, 0 outside: `[height, width]`.
    public func labels() -> [Int32] {
        var labels = [Int32](repeating: 0, count: height * width)
        labels.withUnsafeMutableBufferPointer { labels in
            for run in runs {
                for pixel in run.row * width + run.start..<run.row * width + run.end {
                    labels[pixel] = Int32(run.component + 1)
                }
            }
        }
        return labels
    }

    /// The components that `isKept` says yes to.
    public func mask(_ isKept: (Int) -> Bool) -> BinaryMask {
        let kept = sizes.indices.map(isKept)
        var result = BinaryMask(height: height, width: width)
        result.values.withUnsafeMutableBufferPointer { values in
            for run in runs where kept[run.component] {
                for pixel in run.row * width + run.start..<run.row * width + run.end {
                    values[pixel] = 1
                }
            }
        }
        return result
    }
}
