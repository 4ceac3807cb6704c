import Testing

@testable import DurableFiles

@Suite struct NearestNameTests {
    @Test(arguments: [
        ("encodr", "encoder"), ("enocder", "encoder"), ("Encoder", "encoder"),
        ("resnet35", "resnet34"), ("lr", nil), ("xyzzy", nil), ("", nil), ("epoch", "epochs"),
        ("batchsize", "batch_size"),
    ])
    func theNearest(typed: String, meant: String?) {
        let known = ["encoder", "decoder", "epochs", "batch_size", "resnet34", "resnet50"]
        #expect(nearestName(to: typed, among: known) == meant)
    }

    @Test func equallyNearNamesAreTakenInOrder() {
        #expect(nearestName(to: "bands", among: ["bandz", "bandy"]) == "bandy")
        #expect(nearestName(to: "a", among: ["b"]) == nil)
    }

    @Test(arguments: [
        ("", "abc", 3), ("kitten", "sitting", 3), ("ab", "ba", 1), ("ca", "abc", 3),
        ("same", "same", 0),
    ])
    func distances(first: String, second: String, distance: Int) {
        let first = Array(first.unicodeScalars)
        let second = Array(second.unicodeScalars)
        #expect(editDistance(first, second) == distance)
        #expect(editDistance(second, first) == distance)
    }

    @Test func aHugeNameCostsNothing() {
        #expect(nearestName(to: String(repeating: "a", count: 1 << 20), among: ["a"]) == nil)
    }
}
