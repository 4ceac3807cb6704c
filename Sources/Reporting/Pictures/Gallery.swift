import Ensembling
import SegmentationData

/// The images that an ensemble segments worst and best, drawn while it is compared: of all others no
/// picture is kept.
public struct Gallery {
    private let dataset: SegmentationDataset
    private let count: Int
    /// By rising Dice.
    private var worst: [Entry] = []
    private var best: [Entry] = []

    private struct Entry {
        var dice: Double
        /// In the order of the split, which decides between equals.
        var number: Int
        var row: PictureGrid.Row
    }

    private var seen = 0

    /// Pixels of a picture's longer side at most.
    private static let side = 320

    /// - Parameter count: of the worst, and of the best.
    public init(_ dataset: SegmentationDataset, count: Int = 5) {
        self.dataset = dataset
        self.count = count
    }

    /// Looks at an image; those without a Dice have no place.
    public mutating func add(_ shown: Comparer.Shown) throws {
        guard let dice = shown.dice, count > 0 else { return }
        seen += 1
        let isWorse = worst.count < count || dice < worst[worst.count - 1].dice
        let isBetter = best.count < count || dice > best[0].dice
        guard isWorse || isBetter else { return }
        let entry = Entry(dice: dice, number: seen, row: try row(shown, dice))
        func insert(_ entries: inout [Entry]) {
            entries.append(entry)
            entries.sort { ($0.dice, $0.number) < ($1.dice, $1.number) }
        }
        if isWorse {
            insert(&worst)
            worst = Array(worst.prefix(count))
        }
        if isBetter {
            insert(&best)
            best = Array(best.suffix(count))
        }
    }

    /// The worst and then the best of the others; nil where there is none.
    ///
    /// - Throws: `FloeError` where a picture cannot be encoded.
    public func html() throws -> HTML? {
        let taken = Set(worst.map(\.number))
        let entries = worst + best.filter { !taken.contains($0.number) }
        guard !entries.isEmpty else { return nil }
        var legend = PictureGrid.overlayLegend
        if entries.contains(where: { $0.row.cells.count > 3 }) {
            legend.append(
                .map(
                    "dark: the members agree; bright: they disagree, by half of the largest or more"
                ))
        }
        return try PictureGrid(rows: entries.map(\.row), legend: legend).html()
    }

    private func row(_ shown: Comparer.Shown, _ dice: Double) throws -> PictureGrid.Row {
        let target = try dataset.nativeTarget(at: shown.index)
        let (height, width) = (target.height, target.width)
        let image = try dataset.picture(at: shown.index, height: height, width: width)
        let overlay = OverlayRenderer.overlay(
            on: image, truth: target, decisions: shown.decisions,
            hasBackground: dataset.description.skipsBackground)
        let colors = dataset.description.classes.enumerated().map {
            $1.color ?? ClassColor.standard($0)
        }
        var cells: [PictureGrid.Cell] = [
            .init("image", image),
            .init("truth", OverlayRenderer.truth(target, colors: colors, on: image)),
            .init("ensemble", overlay),
        ]
        if let maps = shown.disagreement {
            cells.append(
                .init(
                    "disagreement",
                    ScalarMap.picture(
                        of: Self.largest(maps, pixels: height * width), height: height,
                        width: width, range: 0...0.5)))
        }
        for index in cells.indices {
            cells[index].picture = cells[index].picture.shrunk(longerSide: Self.side)
        }
        return PictureGrid.Row(
            shown.id, note: "Dice \(NumberText.fixed(dice, 3))", cells: cells)
    }

    /// The largest of a pixel's maps.
    private static func largest(_ maps: [Float], pixels: Int) -> [Float] {
        var result = Array(maps.prefix(pixels))
        for start in stride(from: pixels, to: maps.count, by: max(1, pixels)) {
            for pixel in 0..<pixels { result[pixel] = max(result[pixel], maps[start + pixel]) }
        }
        return result
    }
}
