import TensorCore
import Testing

@Suite struct LabelMapTests {
    @Test func rowsRunTopToBottom() {
        var map = LabelMap(height: 2, width: 3, labels: [0, 1, 2, 3, 4, 5])
        #expect(map[1, 0] == 3)
        map[0, 2] = LabelMap.ignore
        #expect(map.labels == [0, 1, 255, 3, 4, 5])
        #expect(LabelMap(height: 1, width: 2, repeating: 7).labels == [7, 7])
    }
}
