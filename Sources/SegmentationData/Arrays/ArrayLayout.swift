import DurableFiles

/// Which axis of an array is which: N samples, C bands, H rows, W columns.
public enum ArrayLayout: String, Codable, Sendable, Hashable, CaseIterable {
    case hw = "HW"
    case chw = "CHW"
    case hwc = "HWC"
    case nhw = "NHW"
    case nchw = "NCHW"
    case nhwc = "NHWC"

    /// The layout of an array whose description names none, by its rank.
    ///
    /// - Throws: `FloeError` of kind `.badData` where the rank alone does not tell it.
    static func standard(rank: Int) throws -> ArrayLayout {
        switch rank {
        case 2: return .hw
        case 3: return .nhw
        case 4:
            throw FloeError(
                .badData, "an array of 4 axes", expected: "a layout",
                advice: "add layout: NCHW or layout: NHWC")
        default:
            throw FloeError(
                .badData, "an array of \(rank) axes", expected: "2 to 4, such as NHW or NCHW")
        }
    }
}
