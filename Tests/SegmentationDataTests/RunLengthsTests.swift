import DurableFiles
import Foundation
import TensorCore
import TestSupport
import Testing

@testable import SegmentationData

@Suite struct RunLengthsTests {
    struct GoldenCase: Decodable {
        var height: Int
        var width: Int
        var mask: String
        var counts: [Int]
        var compressed: String
        var text: String
        var area: Int

        var pixels: [UInt8] { mask.utf8.map { $0 - UInt8(ascii: "0") } }
    }

    @Test func countsAndTextAreThoseOfPycocotools() throws {
        let cases = try Golden.load("run_lengths", as: [GoldenCase].self)
        #expect(cases.count > 20)
        for golden in cases {
            let encoded = RunLengths(
                mask: golden.pixels, height: golden.height, width: golden.width)
            #expect(encoded.text == golden.text)
            #expect(encoded.pixelCount == golden.area)
            let read = try RunLengths(
                parsing: golden.text, height: golden.height, width: golden.width)
            #expect(read == encoded)
            #expect(read.mask() == golden.pixels)
        }
    }

    @Test func randomMasksComeBack() throws {
        var stream = RandomStream(seed: 11, purpose: .test)
        for _ in 0..<100_000 {
            let height = 1 + Int(stream.next() % 12)
            let width = 1 + Int(stream.next() % 12)
            let share = stream.next() % 5
            let mask = (0..<height * width).map { _ -> UInt8 in
                stream.next() % 4 < share ? 1 : 0
            }
            let runs = RunLengths(mask: mask, height: height, width: width)
            #expect(runs.mask() == mask)
            #expect(try RunLengths(parsing: runs.text, height: height, width: width) == runs)
            #expect(runs.pixelCount == mask.reduce(0) { $0 + Int($1) })
        }
    }

    @Test func theFirstRunGoesDownTheColumn() throws {
        // Rows of 3; pixels 2 to 4 are the lower of column 0 and both of column 1.
        let runs = try RunLengths(parsing: "2 3", height: 2, width: 3)
        #expect(runs.mask() == [0, 1, 0, 1, 1, 0])
    }

    @Test func anEmptyTextIsAnEmptyMask() throws {
        #expect(try RunLengths(parsing: "", height: 2, width: 3).mask() == [0, 0, 0, 0, 0, 0])
        #expect(try RunLengths(parsing: " \t", height: 2, width: 3).text == "")
    }

    @Test func runsThatTouchAreOne() throws {
        let runs = try RunLengths(parsing: "1 2  3 1", height: 2, width: 3)
        #expect(runs.text == "1 3")
        #expect(try runs == RunLengths(parsing: "1 3", height: 2, width: 3))
    }

    @Test(arguments: [
        ("1", "odd"), ("1 2 3", "odd"), ("1 x", "'x'"), ("-1 2", "'-'"), ("1.5 2", "'.'"),
        ("+1 2", "'+'"), ("nan", "'n'"), ("0 2", "starts at 0"), ("1 0", "length 0"),
        ("1 3 3 1", "overlap"), ("4 1 1 1", "overlap"), ("2 2 2 2", "overlap"),
        ("1 7", "past the end"), ("7 1", "past the end"), ("6 2", "past the end"),
        ("1 99999999999999999999", "past the end"), ("9223372036854775807 1", "past the end"),
        ("1099511627776 1099511627776", "past the end"), ("1\u{A0}2", "byte 194"),
        ("１ 2", "byte 239"), ("1,2", "','"), ("1 2\n", "byte 10"), ("0x1 2", "'x'"),
    ])
    func badTextIsRefused(text: String, part: String) {
        let error = Fixtures.error { _ = try RunLengths(parsing: text, height: 2, width: 3) }
        #expect(error?.kind == .badData)
        #expect(error?.file == nil)
        #expect(error?.description.contains(part) == true, "\(String(describing: error))")
    }

    @Test func aMaskWithoutPixelsHasNoRuns() throws {
        #expect(RunLengths(mask: [], height: 0, width: 4).text == "")
        #expect(throws: FloeError.self) { try RunLengths(parsing: "1 1", height: 0, width: 4) }
    }
}
