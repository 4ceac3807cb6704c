import TensorCore
import Testing

@Suite struct BinaryMaskTests {
    /// A picture of `#` and `.`, rows apart by spaces.
    private static func mask(_ picture: String) -> BinaryMask {
        let rows = picture.split(separator: " ")
        return BinaryMask(
            height: rows.count, width: rows[0].count,
            values: rows.flatMap { $0.map { $0 == "#" ? 1 : 0 } })
    }

    private static func picture(_ mask: BinaryMask) -> String {
        (0..<mask.height).map { row in
            String(
                mask.values[row * mask.width..<(row + 1) * mask.width].map { $0 == 1 ? "#" : "." })
        }.joined(separator: " ")
    }

    @Test func anythingButZeroIsInside() {
        let mask = BinaryMask(height: 1, width: 3, values: [0, 7, 255])
        #expect(mask.values == [0, 1, 1])
        #expect(mask.area == 2)
        let map = LabelMap(height: 1, width: 3, labels: [2, 1, 2])
        #expect(BinaryMask(map, class: 2).values == [1, 0, 1])
    }

    @Test func componentsOfTheLimitStay() {
        let mask = Self.mask("##..# #...# ....# #....")
        #expect(
            Self.picture(mask.removingComponents(below: 3, connectivity: .eight))
                == "##..# #...# ....# .....")
        #expect(mask.removingComponents(below: 4, connectivity: .eight).area == 0)
        #expect(mask.removingComponents(below: 0, connectivity: .eight) == mask)
        // Of two as large the first stays.
        #expect(
            Self.picture(mask.keepingLargestComponent(connectivity: .eight))
                == "##... #.... ..... .....")
    }

    @Test func diagonalsJoinOnlyAtEight() {
        let mask = Self.mask("#. .#")
        #expect(ConnectedComponents(of: mask, connectivity: .eight).count == 1)
        #expect(ConnectedComponents(of: mask, connectivity: .four).count == 2)
    }

    @Test func holesDoNotReachTheBorder() {
        let ring = Self.mask(".###. .#.#. .###. .....")
        #expect(
            Self.picture(ring.fillingHoles(connectivity: .eight)) == ".###. .###. .###. .....")
        #expect(ring.fillingHoles(atMost: 0, connectivity: .eight) == ring)
        // A curve of diagonals is closed at 8 and open at 4.
        let diamond = Self.mask(".#. #.# .#.")
        #expect(diamond.fillingHoles(connectivity: .eight).area == 5)
        #expect(diamond.fillingHoles(connectivity: .four).area == 4)
        let bay = Self.mask("### #.. ###")
        #expect(bay.fillingHoles(connectivity: .eight) == bay)
    }

    @Test func hullsOfComponentsAreSeparate() {
        let mask = Self.mask("#...... ##..... ###...# .......")
        #expect(mask.hullsOfComponents(connectivity: .eight) == mask)
        let corner = Self.mask("#..... #..... #..... ######")
        #expect(
            Self.picture(corner.hullsOfComponents(connectivity: .eight))
                == "#..... ###... #####. ######")
    }

    /// Nothing inside, everything inside, one row, one column.
    @Test(arguments: [(1, 1), (1, 9), (9, 1), (4, 6)])
    func extremesStayAsTheyAre(_ height: Int, _ width: Int) {
        let empty = BinaryMask(height: height, width: width)
        let full = BinaryMask(
            height: height, width: width, values: [UInt8](repeating: 1, count: height * width))
        for connectivity in ConnectedComponents.Connectivity.allCases {
            for mask in [empty, full] {
                #expect(mask.fillingHoles(connectivity: connectivity) == mask)
                #expect(mask.keepingLargestComponent(connectivity: connectivity) == mask)
                #expect(mask.hullsOfComponents(connectivity: connectivity) == mask)
            }
            #expect(ConnectedComponents(of: empty, connectivity: connectivity).largest == nil)
            #expect(
                ConnectedComponents(of: full, connectivity: connectivity).sizes
                    == [height * width])
            #expect(
                full.removingComponents(below: height * width + 1, connectivity: connectivity)
                    == empty)
        }
    }

    @Test func noPixelsAtAll() {
        let none = BinaryMask(height: 0, width: 0)
        #expect(ConnectedComponents(of: none, connectivity: .eight).count == 0)
        #expect(none.fillingHoles(connectivity: .eight) == none)
        #expect(ConvexHull(of: none) == nil)
    }

    /// A hull holds its pixels and is one run in every row and every column.
    @Test func hullsAreConvex() {
        var stream = RandomStream(seed: 1, purpose: .test)
        let (height, width) = (21, 34)
        for _ in 0..<50 {
            let mask = BinaryMask(
                height: height, width: width,
                values: (0..<height * width).map { _ in stream.index(below: 40) == 0 ? 1 : 0 })
            var hull = BinaryMask(height: height, width: width)
            ConvexHull(of: mask)?.fill(&hull)
            let isCovered = zip(mask.values, hull.values).allSatisfy { $0 <= $1 }
            #expect(isCovered)
            let rows = (0..<height).map { row in
                (0..<width).map { hull.values[row * width + $0] }
            }
            let columns = (0..<width).map { column in rows.map { $0[column] } }
            let isOneRun = (rows + columns).allSatisfy { line in
                line.split(separator: 0).count <= 1
            }
            #expect(isOneRun)
        }
    }
}
