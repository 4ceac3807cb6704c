import DurableFiles
import Foundation

extension EpochRecord {
    /// A member's `history.csv`, as `csv(_:)` wrote it.
    ///
    /// - Throws: `FloeError` of kind `badData` for anything else.
    public static func read(_ path: String) throws -> [EpochRecord] {
        let data = try DurableFile.read(path, limit: 64 << 20)
        guard let text = String(validating: data, as: UTF8.self) else {
            throw FloeError(.badData, file: path, "not text in UTF-8")
        }
        let lines = text.split(separator: "\n")
        let header = lines.first.map { $0.split(separator: ",").map(String.init) } ?? []
        guard header == columns || header == columns + ["loss_weights"] else {
            throw FloeError(
                .badData, file: path, "not a table of epochs",
                expected: columns.joined(separator: ","), got: header.joined(separator: ","))
        }
        return try lines.dropFirst().enumerated().map { number, line in
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            guard cells.count == header.count, let record = EpochRecord(cells: cells) else {
                throw FloeError(.badData, file: path, "line \(number + 2) is no epoch")
            }
            return record
        }
    }

    private init?(cells: [Substring]) {
        let numbers = cells[..<Self.columns.count].map { Double($0) }
        guard let epoch = Int(cells[0]), let trainingLoss = numbers[1], let rate = numbers[6],
            let seconds = numbers[7], ["0", "1"].contains(cells[8]),
            zip(cells[2...5], numbers[2...5]).allSatisfy({ $0.isEmpty || $1 != nil })
        else { return nil }
        var weights: [Double]?
        if let cell = cells.dropFirst(Self.columns.count).first, !cell.isEmpty {
            let values = cell.split(separator: " ").compactMap { Double($0) }
            guard values.count == cell.split(separator: " ").count else { return nil }
            weights = values
        }
        self.init(
            epoch: epoch, trainingLoss: trainingLoss, validationLoss: numbers[2],
            validationDice: numbers[3], validationIoU: numbers[4],
            validationAccuracy: numbers[5], rate: rate, seconds: seconds,
            isBest: cells[8] == "1", lossWeights: weights)
    }
}
