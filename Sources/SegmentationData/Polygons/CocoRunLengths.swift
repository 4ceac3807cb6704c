import DurableFiles

/// Run lengths as COCO writes them: counts of pixels outside and inside by turns, down the columns.
enum CocoRunLengths {
    /// Reads `{"size": [height, width], "counts": …}`, whose counts are a list or a compressed text.
    static func read(_ entry: JSONEntry) throws -> RunLengths {
        guard case .array(let size) = entry.member("size"), size.count == 2,
            case .number(let first) = size[0], case .number(let second) = size[1],
            let height = Int(first), let width = Int(second), height > 0, width > 0,
            height <= 1 << 20, width <= 1 << 20
        else { throw entry.refusal("no 'size'", expected: "[height, width]") }
        let counts: [Int]
        switch entry.member("counts") {
        case .array(let values):
            counts = try values.map { value in
                guard case .number(let text) = value, let count = Int(text), count >= 0 else {
                    throw entry.refusal("counts that are none", expected: "whole numbers from 0 on")
                }
                return count
            }
        case .string(let text):
            guard let read = decompressed(text) else {
                throw entry.refusal("damaged counts", expected: "pycocotools' text")
            }
            counts = read
        default: throw entry.refusal("no 'counts'", expected: "a list or a text")
        }
        var runs: [RunLengths.Run] = []
        var place = 0
        for (number, count) in counts.enumerated() {
            guard count <= height * width - place else {
                throw entry.refusal(
                    "counts that go past the end", expected: "\(height * width) pixels")
            }
            if number % 2 == 1, count > 0 {
                if let last = runs.last, last.end == place {
                    runs[runs.count - 1].length += count
                } else {
                    runs.append(RunLengths.Run(start: place, length: count))
                }
            }
            place += count
        }
        guard place == height * width else {
            throw entry.refusal(
                "counts of too few pixels", expected: "\(height * width)", got: "\(place)")
        }
        return try RunLengths(runs, height: height, width: width)
    }

    /// The numbers in a compressed text: 5 bits a character, the lowest first, with a sign, and from
    /// the fourth on as the difference from the second last; nil where it is damaged.
    static func decompressed(_ text: String) -> [Int]? {
        var counts: [Int] = []
        var (value, shift) = (0, 0)
        var isOpen = false
        for byte in text.utf8 {
            guard (48..<112).contains(byte), shift < 40 else { return nil }
            let code = Int(byte) - 48
            value |= (code & 31) << shift
            shift += 5
            isOpen = code & 32 != 0
            guard !isOpen else { continue }
            if code & 16 != 0 { value |= -1 << shift }
            if counts.count > 2 { value += counts[counts.count - 2] }
            guard value >= 0, value <= 1 << 40 else { return nil }
            counts.append(value)
            (value, shift) = (0, 0)
        }
        return isOpen ? nil : counts
    }
}
