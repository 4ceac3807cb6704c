import DurableFiles

/// The samples of an array, each with bands, rows and columns.
struct ArrayItems: Sendable {
    let array: StoredArray
    let layout: ArrayLayout
    /// How the array is called in messages: its file, and its key in it.
    let name: String
    let count: Int
    let bands: Int
    let height: Int
    let width: Int

    /// - Throws: `FloeError` of kind `.badData` where the array has another rank than the layout, or
    ///   no pixels.
    init(_ array: StoredArray, key: String?, layout: ArrayLayout?) throws {
        self.array = array
        name = key.map { "\(array.path)[\($0)]" } ?? array.path
        do {
            self.layout = try layout ?? ArrayLayout.standard(rank: array.shape.count)
        } catch let error as FloeError {
            throw error.naming(name)
        }
        let letters = Array(self.layout.rawValue)
        guard letters.count == array.shape.count else {
            throw FloeError(
                .badData, file: name, "an array of \(array.shape.count) axes",
                expected: "\(letters.count) for the layout \(self.layout.rawValue)",
                got: "the shape \(array.shape)")
        }
        func extent(_ letter: Character) -> Int {
            letters.firstIndex(of: letter).map { array.shape[$0] } ?? 1
        }
        (count, bands, height, width) = (extent("N"), extent("C"), extent("H"), extent("W"))
        guard array.shape.allSatisfy({ $0 > 0 }) else {
            throw FloeError(
                .badData, file: name, "an array without pixels", got: "the shape \(array.shape)")
        }
        guard bands <= 4096, height <= 1 << 20, width <= 1 << 20 else {
            throw FloeError(
                .badData, file: name, "an array of other axes than its layout says",
                expected: "at most 4096 bands", got: "\(bands) of \(height)x\(width)",
                advice: "check layout: \(self.layout.rawValue)")
        }
    }

    /// The samples' ids: their numbers, padded so that their bytewise order is that of the array.
    var ids: [String] {
        let digits = String(count - 1).count
        return (0..<count).map { number in
            let text = String(number)
            return String(repeating: "0", count: digits - text.count) + text
        }
    }

    var header: ImageHeader {
        ImageHeader(
            format: .numpy, height: height, width: width, bands: bands,
            sampleType: array.element.sampleType, bits: 8 * array.element.size, isPalette: false,
            nodata: nil)
    }

    /// All bands of one sample.
    func raster(_ item: Int, budget: ImageBudget) throws -> Raster {
        let pixels = height * width
        let (bytes, overflow) = (bands * pixels).multipliedReportingOverflow(by: 8)
        guard !overflow, bytes <= budget.bytes else {
            throw FloeError(
                .badData, file: name, "a sample that is too large",
                expected: "at most \(budget.bytes) bytes",
                got: "\(bands) bands of \(height)x\(width)")
        }
        let size = bands * pixels
        let stored = try array.floats((item * size)..<((item + 1) * size))
        var values = stored
        if layout == .hwc || layout == .nhwc, bands > 1 {
            values.withUnsafeMutableBufferPointer { values in
                stored.withUnsafeBufferPointer { stored in
                    for band in 0..<bands {
                        for pixel in 0..<pixels {
                            values[band * pixels + pixel] = stored[pixel * bands + band]
                        }
                    }
                }
            }
        }
        let isBytes = array.element.sampleType == .unsigned8
        return Raster(
            bands: bands, height: height, width: width,
            storage: isBytes ? .unsigned8(values.map { UInt8($0) }) : .float32(values), nodata: nil)
    }
}
