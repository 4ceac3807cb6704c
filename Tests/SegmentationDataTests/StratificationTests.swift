import TensorCore
import Testing

@testable import SegmentationData

struct StratificationTests {
    /// 60 groups of three classes that overlap, the last one rare.
    let present: [[Bool]] = (0..<60).map { [true, $0 % 3 == 0, $0 % 12 == 5] }

    @Test(arguments: [[12, 12, 12, 12, 12], [48, 12], [59, 1], [20, 40]])
    func everyPartHasItsShare(sizes: [Int]) {
        for sample in 0..<20 {
            var stream = RandomStream(seed: 4, purpose: .test, sample: sample)
            let parts = Stratification.parts(present: present, sizes: sizes, stream: &stream)
            #expect(parts.map(\.count) == sizes)
            #expect(parts.flatMap { $0 }.sorted() == Array(0..<60))
            for (part, size) in zip(parts, sizes) {
                for k in 0..<3 {
                    let whole = present.count { $0[k] }
                    let share = Double(whole * size) / 60
                    let got = part.count { present[$0][k] }
                    #expect(abs(Double(got) - share) < 1.0001, "class \(k): \(got) of \(share)")
                }
            }
        }
    }

    @Test func groupsWithoutAnyClassAreDealtToo() {
        var stream = RandomStream(seed: 4, purpose: .test)
        let parts = Stratification.parts(
            present: [[Bool]](repeating: [false, false], count: 7), sizes: [3, 4], stream: &stream)
        #expect(parts.map(\.count) == [3, 4])
    }

    @Test func itIsAPureFunctionOfItsStream() {
        func parts(_ sample: Int) -> [[Int]] {
            var stream = RandomStream(seed: 4, purpose: .test, sample: sample)
            return Stratification.parts(present: present, sizes: [30, 30], stream: &stream)
        }
        #expect(parts(1) == parts(1))
        #expect(Set((0..<10).map(parts)).count == 10)
    }
}
