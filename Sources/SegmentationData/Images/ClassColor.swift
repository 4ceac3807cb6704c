/// A colour of 8 bits a channel, written `#rrggbb` or `red,green,blue`.
public struct ClassColor: Sendable, Hashable, Codable, CustomStringConvertible {
    public var red: UInt8
    public var green: UInt8
    public var blue: UInt8

    public init(red: UInt8, green: UInt8, blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// Reads `#rrggbb` or `r,g,b`; nil for anything else.
    public init?(_ text: String) {
        let trimmed = text.filter { $0 != " " }
        let digits = Array(trimmed.utf8)
        if digits.count == 7, digits[0] == UInt8(ascii: "#"),
            trimmed.dropFirst().allSatisfy(\.isHexDigit),
            let value = UInt32(trimmed.dropFirst(), radix: 16)
        {
            self.init(
                red: UInt8(truncatingIfNeeded: value >> 16),
                green: UInt8(truncatingIfNeeded: value >> 8),
                blue: UInt8(truncatingIfNeeded: value))
            return
        }
        let parts = trimmed.split(separator: ",", omittingEmptySubsequences: false)
            .map { UInt8($0) }
        guard parts.count == 3, let red = parts[0], let green = parts[1], let blue = parts[2] else {
            return nil
        }
        self.init(red: red, green: green, blue: blue)
    }

    public var description: String {
        "#"
            + [red, green, blue].map { channel in
                let digits = String(channel, radix: 16)
                return digits.count == 1 ? "0" + digits : digits
            }.joined()
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let color = ClassColor(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "not a colour, expected #rrggbb or red,green,blue, got '\(text)'")
        }
        self = color
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// Colours told apart well, for classes that name none: seaborn's "bright" order.
    public static func standard(_ index: Int) -> ClassColor {
        let table: [UInt32] = [
            0x023EFF, 0xFF7C00, 0x1AC938, 0xE8000B, 0x8B2BE2, 0x9F4800, 0xF14CC1, 0xA3A3A3,
            0xFFC400, 0x00D7FF,
        ]
        let value = table[index % table.count]
        return ClassColor(
            red: UInt8(value >> 16 & 255), green: UInt8(value >> 8 & 255),
            blue: UInt8(value & 255))
    }
}
