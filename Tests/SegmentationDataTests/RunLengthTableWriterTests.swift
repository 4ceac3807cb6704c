import DurableFiles
import Foundation
import TensorCore
import Testing

@testable import SegmentationData

@Suite struct RunLengthTableWriterTests {
    private func text(_ writer: RunLengthTableWriter) throws -> String {
        try Fixtures.withFolder { folder in
            try writer.write(to: folder + "/s.csv")
            return String(
                decoding: try Data(contentsOf: URL(fileURLWithPath: folder + "/s.csv")),
                as: UTF8.self)
        }
    }

    @Test func everyImageHasARowForEveryClass() throws {
        var writer = try RunLengthTableWriter(labels: ["Fish", "Flower"])
        // Columns first: rows are 1 0 1 and 1 0 0.
        let planes = ClassPlanes(
            classes: 2, height: 2, width: 3, values: [1, 0, 1, 1, 0, 0] + [0, 0, 0, 0, 0, 0])
        try writer.add(.planes(planes), image: "a.jpg")
        try writer.add(.planes(planes), image: "b,c.jpg")
        #expect(
            try text(writer) == """
                Image_Label,EncodedPixels
                a.jpg_Fish,1 2 5 1
                a.jpg_Flower,
                "b,c.jpg_Fish",1 2 5 1
                "b,c.jpg_Flower",

                """)
        #expect(throws: FloeError.self) { try writer.add(.planes(planes), image: "a.jpg") }
    }

    @Test func labelsHaveNoRowsOfABackground() throws {
        var writer = try RunLengthTableWriter(labels: [nil, "a", "b"])
        try writer.add(
            .labels(LabelMap(height: 1, width: 4, labels: [0, 2, 2, 1])), image: "x.png")
        #expect(
            try text(writer) == "Image_Label,EncodedPixels\nx.png_a,4 1\nx.png_b,2 2\n")
    }

    /// Nearest neighbours with half-pixel centres, as data sets bring masks to a size.
    @Test func masksAreBroughtToTheSize() throws {
        let mask = SegmentationTarget.planes(
            ClassPlanes(
                classes: 1, height: 4, width: 6,
                values: (0..<24).map { UInt8(($0 / 6 + $0 % 6) % 3 == 0 ? 1 : 0) }))
        for (height, width) in [(2, 3), (4, 6), (8, 5)] {
            var writer = try RunLengthTableWriter(
                labels: ["a"], size: ImageSize(height: height, width: width))
            try writer.add(mask, image: "x")
            guard case .planes(let small) = mask.resizedNearest(height: height, width: width) else {
                return
            }
            let expected = RunLengths(mask: small.values, height: height, width: width).text
            #expect(try text(writer) == "Image_Label,EncodedPixels\nx_a,\(expected)\n")
        }
    }

    @Test func whatIsWrittenIsRead() throws {
        var stream = RandomStream(seed: 9, purpose: .test)
        let names = ["Fish", "Flower", "Sugar"]
        var writer = try RunLengthTableWriter(labels: names)
        let images = (0..<5).map { number in
            ClassPlanes(
                classes: 3, height: 7, width: 9 + number,
                values: (0..<3 * 7 * (9 + number)).map { _ in UInt8(stream.index(below: 2)) })
        }
        for (number, image) in images.enumerated() {
            try writer.add(.planes(image), image: "i \"\(number)\"_x.jpg")
        }
        try Fixtures.withFolder { folder in
            try writer.write(to: folder + "/s.csv")
            let table = try RunLengthTable(reading: folder + "/s.csv", classes: names)
            for (number, image) in images.enumerated() {
                for k in 0..<3 {
                    let runs = try #require(
                        try table.runLengths(
                            image: "i \"\(number)\"_x.jpg", classIndex: k, height: 7,
                            width: image.width))
                    let pixels = 7 * image.width
                    #expect(runs.mask() == Array(image.values[k * pixels..<(k + 1) * pixels]))
                }
            }
        }
    }
}
