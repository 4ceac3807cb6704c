import DurableFiles
import Foundation
import Testing

@testable import SegmentationData

@Suite struct RunLengthTableTests {
    private let classes = ["Fish", "Flower"]

    private func table(_ text: String) throws -> RunLengthTable {
        try table(Array(text.utf8))
    }

    private func table(_ bytes: [UInt8]) throws -> RunLengthTable {
        try Fixtures.withFolder { folder in
            let path = folder + "/train.csv"
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            return try RunLengthTable(reading: path, classes: classes)
        }
    }

    private let whole =
        "Image_Label,EncodedPixels\na.jpg_Fish,1 2\na.jpg_Flower,\nb_1.jpg_Fish,6 1\n"

    @Test func rowsAreFoundByImageAndClass() throws {
        let table = try table(whole)
        #expect(table.images == ["a.jpg", "b_1.jpg"])
        func text(_ image: String, _ index: Int) throws -> String? {
            try table.runLengths(image: image, classIndex: index, height: 2, width: 3)?.text
        }
        #expect(try text("a.jpg", 0) == "1 2")
        #expect(try text("a.jpg", 1) == "")
        #expect(try text("b_1.jpg", 0) == "6 1")
        #expect(try text("b_1.jpg", 1) == nil)
        #expect(try text("c.jpg", 0) == nil)
        #expect(table.contains(image: "a.jpg") && !table.contains(image: "a"))
    }

    @Test func quotesMarksAndLineEndsMakeNoDifference() throws {
        let plain = try table(whole)
        let others: [[UInt8]] = [
            Array(whole.replacingOccurrences(of: "\n", with: "\r\n").utf8),
            [0xEF, 0xBB, 0xBF] + Array(whole.utf8),
            Array(whole.dropLast().utf8),
            Array((whole + "\n\r\n").utf8),
            Array(whole.replacingOccurrences(of: "1 2", with: "\"1 2\"").utf8),
            Array(
                whole.replacingOccurrences(of: "Image_Label", with: "\"Image_Label\"")
                    .replacingOccurrences(of: "b_1.jpg_Fish", with: "\"b_1.jpg_Fish\"").utf8),
        ]
        for bytes in others {
            let table = try table(bytes)
            #expect(table.images == plain.images)
            for image in plain.images {
                for index in classes.indices {
                    #expect(
                        try table.runLengths(image: image, classIndex: index, height: 2, width: 3)
                            == plain.runLengths(
                                image: image, classIndex: index, height: 2, width: 3))
                }
            }
        }
    }

    @Test func quotedNamesMayHoldAnything() throws {
        let table = try table(
            "Image_Label,EncodedPixels\n\"a \"\"b\"\",\nc.jpg_Fish\",1 1\nx_Fish,2 1\n")
        #expect(table.images == ["a \"b\",\nc.jpg", "x"])
    }

    @Test(arguments: [
        ("", "header"), ("\n", "header"), ("Image,EncodedPixels\n", "header"),
        ("Image_Label\n", "header"), ("Image_Label,EncodedPixels,More\n", "header"),
        ("HEADa.jpg_Fish\n", "line 2: a row of another length"),
        ("HEADa.jpg_Fish,1 1,\n", "line 2: a row of more than 2"),
        ("HEADa.jpg,1 1\n", "line 2: a label without its class"),
        ("HEAD_Fish,1 1\n", "line 2: a label without its class"),
        ("HEADa.jpg_Dog,1 1\n", "line 2: an unknown class"),
        ("HEADa.jpg_,1 1\n", "line 2: an unknown class"),
        ("HEADa.jpg_Fish,1 1\n\na.jpg_Fish,\n", "line 4: a second row"),
        ("HEADa.jpg_Fish,1 1 1\n", "line 2: an odd count"),
        ("HEAD\"a\nb_Fish\",1 1\nc_Fish,2 x\n", "line 4: run lengths"),
        ("HEADa.jpg_Fish,\"1 1", "line 2: a quote that is not closed"),
        ("HEADa.jpg_Fish,\"1 1\"2\n", "line 2: text after a closing quote"),
        ("HEADa\"_Fish,1 1\n", "line 2: a quote within"),
        ("HEADa.jpg_Fish,1 1\rb.jpg_Fish,\n", "line 2: a carriage return alone"),
        ("HEADa.jpg_Fish,4294967297 1\n", "line 2: a run past"),
    ])
    func badTablesAreRefused(text: String, part: String) {
        let error = Fixtures.error {
            _ = try table(
                text.replacingOccurrences(of: "HEAD", with: "Image_Label,EncodedPixels\n"))
        }
        #expect(error?.kind == .badData)
        #expect(error?.file?.hasSuffix("/train.csv") == true)
        #expect(error?.description.contains(part) == true, "\(String(describing: error))")
    }

    @Test func labelsHaveABound() {
        let error = Fixtures.error {
            _ = try table(
                "Image_Label,EncodedPixels\n" + String(repeating: "a", count: 5000) + "_Fish,\n")
        }
        #expect(error?.description.contains("too long") == true)
    }

    @Test func noUTF8IsRefused() {
        let error = Fixtures.error {
            _ = try table(
                Array("Image_Label,EncodedPixels\n".utf8) + [0xFF] + Array("_Fish,\n".utf8))
        }
        #expect(error?.description.contains("UTF-8") == true)
    }

    @Test func runsPastTheImageNameTheirRow() throws {
        let table = try table(whole)
        let error = Fixtures.error {
            _ = try table.runLengths(image: "b_1.jpg", classIndex: 0, height: 1, width: 3)
        }
        #expect(error?.description.contains("line 4") == true)
        #expect(error?.description.contains("b_1.jpg") == true)
    }

    @Test func imagesThatAreNotThereAreCounted() throws {
        let table = try table(whole)
        #expect(table.unknownImages(known: ["a.jpg", "b_1.jpg", "more.jpg"]) == nil)
        let one = table.unknownImages(known: ["a.jpg"])
        #expect(one?.kind == .badData)
        #expect(one?.description.contains("line 4: rows of 1 images that are not there") == true)
        #expect(one?.got == "'b_1.jpg'")
        let two = table.unknownImages(known: [])
        #expect(two?.description.contains("line 2: rows of 2 images that are not there") == true)
        #expect(two?.got == "'a.jpg' first")
    }
}
