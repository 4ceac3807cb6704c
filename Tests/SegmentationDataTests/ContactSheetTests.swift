import Testing

@testable import SegmentationData

struct ContactSheetTests {
    private func plain(_ grey: UInt8, height: Int, width: Int) -> Picture {
        Picture(
            height: height, width: width,
            values: [UInt8](repeating: grey, count: 3 * height * width))
    }

    @Test func lettersAreTheirPixels() {
        var picture = plain(255, height: 8, width: 12)
        BitmapFont.draw(
            "Tö", on: &picture, row: 0, column: 0, color: ClassColor(red: 0, green: 0, blue: 0))
        let lines = (0..<8).map { row in
            String((0..<12).map { picture.values[3 * (row * 12 + $0)] == 0 ? "#" : "." })
        }
        // Beyond ASCII there is a question mark.
        #expect(
            lines == [
                "#####..###..", "#.#.#.#...#.", "..#.......#.", "..#.....##..", "..#.....#...",
                "..#.........", "..#.....#...", "............",
            ])
        // What does not fit is cut off.
        var small = plain(255, height: 3, width: 3)
        BitmapFont.draw(
            "gWg", on: &small, row: -2, column: 1, color: ClassColor(red: 0, green: 0, blue: 0))
        #expect(small.values.count == 27)
    }

    @Test func picturesAreBroughtToOneSize() {
        var sheet = ContactSheet(captions: ["one", "two"], side: 40)
        sheet.add(
            label: "a", [plain(10, height: 100, width: 50), plain(20, height: 7, width: 10)])
        let picture = sheet.picture
        let counts = [10, 20].map { grey in
            (0..<picture.height * picture.width).count { picture.values[3 * $0] == UInt8(grey) }
        }
        #expect(counts == [40 * 20, 28 * 40])
        #expect(sheet.picture == picture)
    }

    @Test(arguments: [
        (100, 50, 40, 20), (7, 10, 7, 10), (40, 3, 40, 3), (900, 1, 40, 1), (1, 79, 1, 40),
    ])
    func aPictureIsShrunk(_ height: Int, _ width: Int, _ newHeight: Int, _ newWidth: Int) {
        let shrunk = plain(9, height: height, width: width).shrunk(longerSide: 40)
        #expect(shrunk == plain(9, height: newHeight, width: newWidth))
    }

    @Test func aSmallerPictureIsTheMean() {
        let picture = Picture(
            height: 2, width: 4, values: (0..<8).flatMap { [UInt8($0), 0, 100] })
        let half = picture.resized(height: 1, width: 2)
        // (0 + 1 + 4 + 5) / 4 and (2 + 3 + 6 + 7) / 4, rounded half up.
        #expect(half.values == [3, 0, 100, 5, 0, 100])
        let larger = picture.resized(height: 4, width: 8)
        #expect(larger.values[3 * 9] == 0 && larger.values[3 * (3 * 8 + 7)] == 7)
    }
}
