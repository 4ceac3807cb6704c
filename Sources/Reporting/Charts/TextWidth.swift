/// How wide text is about to be: a picture is laid out before anybody knows the font.
public enum TextWidth {
    /// The width in the font's size, on the generous side, so that labels keep their distance in
    /// every system font.
    static func estimate(_ text: String, size: Double) -> Double {
        text.unicodeScalars.reduce(0) { $0 + width($1) } * size
    }

    /// The text, or its beginning and end with an ellipsis between where it is wider than there is
    /// room: names of one family often differ at their ends only.
    static func fitted(_ text: String, size: Double, within room: Double) -> String {
        guard estimate(text, size: size) > room else { return text }
        let characters = Array(text)
        var used = estimate("…", size: size)
        var (head, tail) = (0, 0)
        // Three from the beginning, then two from the end, and so on.
        while head + tail < characters.count {
            let takesHead = 2 * head <= 3 * tail
            let next = characters[takesHead ? head : characters.count - 1 - tail]
            used += estimate(String(next), size: size)
            guard used <= room else { break }
            if takesHead { head += 1 } else { tail += 1 }
        }
        return String(characters.prefix(head)) + "…" + String(characters.suffix(tail))
    }

    private static func width(_ scalar: Unicode.Scalar) -> Double {
        switch scalar {
        case "i", "j", "l", "I", ".", ",", ":", ";", "'", "|", "!", " ", "\u{A0}", "\u{202F}": 0.34
        case "f", "r", "t", "(", ")", "[", "]", "/", "-", "\"": 0.42
        case "m", "w", "M", "W", "%", "@", "—", "…": 0.95
        case "<", ">", "=", "+", "~", "#", "&", "±", "×", "−": 0.86
        case "A"..."Z": 0.72
        case "\u{300}"..."\u{36F}", "\u{200B}"..."\u{200F}": 0
        default:
            // Letters of East Asia and pictograms fill a square.
            (0x2E80...0xFFDC).contains(scalar.value) || scalar.value >= 0x1F000 ? 1.05 : 0.62
        }
    }
}
