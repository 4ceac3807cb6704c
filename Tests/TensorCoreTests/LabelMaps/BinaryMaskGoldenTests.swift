import TensorCore
import TestSupport
import Testing

/// Components, holes and hulls against scikit-image and scipy (`scripts/golden/label_maps.py`).
@Suite struct BinaryMaskGoldenTests {
    private struct Entry: Decodable {
        var name: String
        /// Of every 50 masks.
        var sums: [String]
    }

    /// As the script makes them.
    private static let masks: [BinaryMask] = (0..<1000).map { index in
        let isBlocks = index % 4 == 3
        let (height, width) =
            isBlocks
            ? (12 + index % 29, 9 + index % 37) : (1 + index % 17, 1 + (index * 7) % 23)
        let (rows, columns) = isBlocks ? (4, 5) : (1, 1)
        let across = (width + columns - 1) / columns
        let noise = ClosedForm.uniform(
            "mask-\(index)", count: (height + rows - 1) / rows * across)
        let limit = Double(index % 11) / 5 - 1
        return BinaryMask(
            height: height, width: width,
            values: (0..<height * width).map { pixel in
                noise[pixel / width / rows * across + pixel % width / columns] < limit ? 1 : 0
            })
    }

    private static let operations: [String: @Sendable (BinaryMask) -> [Int32]] = [
        "input": { $0.values.map(Int32.init) },
        "labels-4": { ConnectedComponents(of: $0, connectivity: .four).labels() },
        "labels-8": { ConnectedComponents(of: $0, connectivity: .eight).labels() },
        "small-components": { plain($0.removingComponents(below: 5, connectivity: .eight)) },
        "largest": { plain($0.keepingLargestComponent(connectivity: .eight)) },
        "holes-8": { plain($0.fillingHoles(connectivity: .eight)) },
        "holes-4": { plain($0.fillingHoles(connectivity: .four)) },
        "small-holes": { plain($0.fillingHoles(atMost: 3, connectivity: .eight)) },
        "hulls-8": { plain($0.hullsOfComponents(connectivity: .eight)) },
        "hulls-4": { plain($0.hullsOfComponents(connectivity: .four)) },
        "hull": { mask in
            var result = BinaryMask(height: mask.height, width: mask.width)
            ConvexHull(of: mask)?.fill(&result)
            return plain(result)
        },
    ]

    private static func plain(_ mask: BinaryMask) -> [Int32] { mask.values.map(Int32.init) }

    @Test(arguments: operations.keys.sorted())
    func equalsTheReference(_ name: String) throws {
        let entries: [Entry] = try Golden.load("label_maps")
        #expect(entries.map(\.name).sorted() == Self.operations.keys.sorted())
        let operation = try #require(Self.operations[name])
        let expected = try #require(entries.first { $0.name == name }).sums
        #expect(expected.count * 50 == Self.masks.count)
        for (group, sum) in expected.enumerated() {
            var state: UInt64 = 0xCBF2_9CE4_8422_2325
            for mask in Self.masks[group * 50..<(group + 1) * 50] {
                for value in operation(mask) {
                    state = (state ^ UInt64(UInt32(bitPattern: value))) &* 0x100_0000_01B3
                }
            }
            let text = String(state, radix: 16)
            let padded = String(repeating: "0", count: 16 - text.count) + text
            #expect(padded == sum, "masks from \(group * 50)")
        }
    }
}
