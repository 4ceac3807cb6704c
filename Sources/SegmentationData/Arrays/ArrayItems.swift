import DurableFiles

/// The samples of an array, each with bands, rows and columns.
struct ArrayItems: Sendable {
    let array: StoredArray
    let layout: ArrayLayout
    /// Each sample takes some hundred bytes of memory before a pixel of it is read.
    static let largestCount = 1 << 20

    /// How the array is called in messages: its file, and its key in it.
    let name: String
    let count: Int
    let bands: Int
    let height: Int
    let width: Int

    /// - Throws: `FloeError` of kind `.badData` where the array has another rank than the layout, no
    ///   pixels, more than 2^20 samples, or more bands, rows or columns than a picture can have.
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
        guard count <= Self.largestCount else {
            throw FloeError(
                .badData, file: name, "an array of too many samples",
                expected: "at most \(Self.largestCount)", got: "\(count)",
                advice: "check layout: \(self.layout.rawValue)")
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

    /// Some bands of one sample; only these are converted.
    ///
    /// - Parameter taken: the bands in the order wanted, each below `bands`; nil takes all.
    /// - Throws: `FloeError` of kind `.badData` where they take more than `budget`, before anything of
    ///   them is read.
    func raster(_ item: Int, taking taken: [Int]? = nil, budget: ImageBudget) throws -> Raster {
        let pixels = height * width
        let taken = taken ?? Array(0..<bands)
        let (bytes, overflow) = (taken.count * pixels).multipliedReportingOverflow(
            by: MemoryLayout<Float>.size)
        guard !overflow, bytes <= budget.bytes else {
            throw FloeError(
                .badData, file: name, "a sample that is too large",
                expected: "at most \(budget.bytes) bytes",
                got: "\(taken.count) bands of \(height)x\(width)")
        }
        let isInterleaved = (layout == .hwc || layout == .nhwc) && bands > 1
        let values = try array.floats(
            of: .init(
                start: item * bands * pixels, pixels: pixels, bands: bands,
                isInterleaved: isInterleaved),
            bands: taken)
        let isBytes = array.element.sampleType == .unsigned8
        return Raster(
            bands: taken.count, height: height, width: width,
            storage: isBytes ? .unsigned8(values.map { UInt8($0) }) : .float32(values), nodata: nil)
    }
}
