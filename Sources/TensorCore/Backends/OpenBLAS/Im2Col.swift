/// The matrix whose rows are weights' positions and whose columns are output pixels.
struct Im2Col {
    let rows: Int
    let pixels: Int
    let inputCount: Int
    private let height: Int
    private let width: Int
    private let kernelHeight: Int
    private let kernelWidth: Int
    private let outputHeight: Int
    private let outputWidth: Int
    private let geometry: ConvolutionGeometry

    init(input: Shape, weight: Shape, _ geometry: ConvolutionGeometry, output: Shape) {
        rows = weight[1] * weight[2] * weight[3]
        pixels = output[2] * output[3]
        inputCount = input[1] * input[2] * input[3]
        (height, width) = (input[2], input[3])
        (kernelHeight, kernelWidth) = (weight[2], weight[3])
        (outputHeight, outputWidth) = (output[2], output[3])
        self.geometry = geometry
    }

    /// Kernel positions of one channel.
    var taps: Int { kernelHeight * kernelWidth }

    /// Where 1x1 convolutions need no copy.
    private var isIdentity: Bool { taps == 1 && geometry.stride == 1 && geometry.padding == 0 }

    /// Channels that are worked on together: all of them where nothing is copied, else as many as give
    /// the product a matrix of some pixels that stays in the cache, so that the weights are not read
    /// again for every row of the image.
    var channelParts: [Range<Int>] {
        let channels = rows / taps
        let count = isIdentity ? channels : max(1, 1024 / taps)
        return stride(from: 0, to: channels, by: max(1, count)).map {
            $0..<min($0 + count, channels)
        }
    }

    /// Rows of the output that are worked on together, at least `parts` where there are as many: a
    /// matrix of some hundred kilobytes stays in the cache between being written and being
    /// multiplied, which one of a whole image would not.
    func strips(parts: Int) -> [Range<Int>] {
        let deepest = (channelParts.first?.count ?? 1) * taps
        let fitting = max(1, 1 << 17 / max(1, deepest * outputWidth))
        let height = max(1, min(fitting, outputHeight / max(1, parts)))
        return stride(from: 0, to: outputHeight, by: height).map {
            $0..<min($0 + height, outputHeight)
        }
    }

    /// One thread's memory for the largest strip of so many channels.
    func scratch(_ strips: [Range<Int>], channels: Int) -> Tensor {
        let largest = strips.map(\.count).max() ?? 0
        return Tensor(uninitialized: [isIdentity ? 0 : channels * taps, largest * outputWidth])
    }

    /// The matrix of some rows of one image, for some channels.
    ///
    /// - Returns: its elements, and how many lie between one row of the matrix and the next.
    func unfold(
        _ image: UnsafePointer<Float>, _ outputRows: Range<Int>, _ channels: Range<Int>,
        into scratch: Tensor
    ) -> (data: UnsafePointer<Float>, row: Int) {
        if isIdentity {
            return (
                image + channels.lowerBound * pixels + outputRows.lowerBound * outputWidth, pixels
            )
        }
        let count = outputRows.count * outputWidth
        var target = scratch.readPointer
        for row in channels.lowerBound * taps..<channels.upperBound * taps {
            let (channel, dy, dx) = position(row)
            let plane = image + channel * height * width
            // Output columns whose source lies in the image.
            let begin = min(outputWidth, max(0, (-dx + geometry.stride - 1) / geometry.stride))
            let end = max(
                begin, min(outputWidth, (width - dx + geometry.stride - 1) / geometry.stride))
            for y in outputRows {
                defer { target += outputWidth }
                let sourceY = y * geometry.stride + dy
                guard sourceY >= 0, sourceY < height, begin < end else {
                    target.update(repeating: 0, count: outputWidth)
                    continue
                }
                let line = plane + (sourceY * width + dx)
                target.update(repeating: 0, count: begin)
                if geometry.stride == 1 {
                    (target + begin).update(from: line + begin, count: end - begin)
                } else {
                    for x in begin..<end { target[x] = line[x * geometry.stride] }
                }
                (target + end).update(repeating: 0, count: outputWidth - end)
            }
        }
        return (UnsafePointer(scratch.readPointer), count)
    }

    /// Adds one channel's rows of the matrix back into its image's gradient.
    func fold(
        _ matrix: UnsafePointer<Float>, channel: Int, into image: UnsafeMutablePointer<Float>
    ) {
        let plane = image + channel * height * width
        for tap in 0..<taps {
            let (_, dy, dx) = position(channel * taps + tap)
            for y in 0..<outputHeight {
                let sourceY = y * geometry.stride + dy
                guard sourceY >= 0, sourceY < height else { continue }
                let line = plane + sourceY * width
                let from = matrix + tap * pixels + y * outputWidth
                for x in 0..<outputWidth {
                    let sourceX = x * geometry.stride + dx
                    if sourceX >= 0, sourceX < width { line[sourceX] += from[x] }
                }
            }
        }
    }

    private func position(_ row: Int) -> (channel: Int, dy: Int, dx: Int) {
        let kernel = row % (kernelHeight * kernelWidth)
        return (
            row / (kernelHeight * kernelWidth),
            kernel / kernelWidth * geometry.dilation - geometry.padding,
            kernel % kernelWidth * geometry.dilation - geometry.padding
        )
    }
}
