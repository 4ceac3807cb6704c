import Testing

@testable import TensorCore

@Suite struct Im2ColTests {
    static func columns(_ input: Shape, _ weight: Shape, _ geometry: ConvolutionGeometry) -> Im2Col
    {
        Im2Col(
            input: input, weight: weight, geometry,
            output: geometry.outputShape(input: input, weight: weight))
    }

    /// Strips cover every row of the output once and fit into the cache, whatever the sizes.
    @Test(
        arguments: [
            ([1, 3, 5, 7], 1), ([1, 64, 384, 384], 2), ([2, 512, 12, 12], 16),
            ([1, 2048, 3, 4000], 2),
            ([1, 1, 1, 1], 4),
        ] as [(Shape, Int)])
    func stripsCoverTheOutput(_ input: Shape, _ parts: Int) {
        let columns = Self.columns(input, [8, input[1], 3, 3], .init(padding: 1))
        let strips = columns.strips(parts: parts)
        #expect(strips.flatMap { Array($0) } == Array(0..<input[2]))
        #expect(strips.count >= min(parts, input[2]))
        let parts = columns.channelParts
        #expect(parts.flatMap { Array($0) } == Array(0..<input[1]))
        for strip in strips {
            #expect(strip.count == 1 || strip.count * input[3] * parts[0].count * 9 <= 1 << 17)
        }
        let largest = (strips.map(\.count).max() ?? 0) * input[3] * parts[0].count * 9
        #expect(columns.scratch(strips, channels: parts[0].count).count >= largest)
    }

    /// Every strip is the part of the whole matrix that belongs to its rows.
    @Test(arguments: [
        ConvolutionGeometry(padding: 1), ConvolutionGeometry(stride: 2, padding: 1),
        ConvolutionGeometry(padding: 2, dilation: 2), ConvolutionGeometry(),
    ])
    func aStripIsPartOfTheWhole(_ geometry: ConvolutionGeometry) {
        let input: Shape = [1, 3, 9, 8]
        let columns = Self.columns(input, [2, 3, 3, 3], geometry)
        let output = geometry.outputShape(input: input, weight: [2, 3, 3, 3])
        let image = Tensor((0..<input.count).map { Float($0 + 1) }, shape: input)
        func matrix(_ rows: Range<Int>, _ channels: Range<Int>) -> [[Float]] {
            let scratch = columns.scratch([rows], channels: channels.count)
            let strip = columns.unfold(image.readPointer, rows, channels, into: scratch)
            return withExtendedLifetime((scratch, image)) {
                (0..<channels.count * 9).map { row in
                    (0..<rows.count * output[3]).map { strip.data[row * strip.row + $0] }
                }
            }
        }
        let whole = matrix(0..<output[2], 0..<3)
        for first in 0..<output[2] {
            let part = matrix(first..<first + 1, 1..<3)
            for row in part.indices {
                let expected = whole[9 + row][first * output[3]..<(first + 1) * output[3]]
                #expect(part[row] == Array(expected))
            }
        }
    }
}
