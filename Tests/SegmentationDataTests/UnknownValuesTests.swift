import Testing

@testable import SegmentationData

@Suite struct UnknownValuesTests {
    @Test func theMostFrequentComeFirst() {
        var values = UnknownValues<Int>()
        #expect(values.isEmpty)
        for value in [9, 3, 3, 7, 7, 1, 2, 3, 8] { values.add(value) }
        #expect(values.sentence("values") == "9 pixels of 6 values")
        #expect(
            values.list { "\($0)" }
                == "3 (3 pixels), 7 (2 pixels), 1 (1 pixels), 2 (1 pixels), …")
    }

    @Test func aPhotoInPlaceOfAMaskTakesNoMemory() {
        var values = UnknownValues<Int>()
        for value in 0..<10_000 { values.add(value) }
        values.add(5)
        #expect(values.sentence("values") == "10001 pixels of at least 4096 values")
        #expect(values.list { "\($0)" }.hasPrefix("5 (2 pixels), 0 (1 pixels)"))
    }
}
