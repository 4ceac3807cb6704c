import Testing

@testable import Reporting

@Suite struct TextWidthTests {
    @Test(arguments: [
        "member-0", "mmmmmmmmmmmmmmmmmmmmmmmmmmmm", "iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii",
        "海氷の二値分類モデル、とても長い名前を持つもの", "🇨🇭🇨🇭🇨🇭🇨🇭🇨🇭🇨🇭🇨🇭🇨🇭", "e\u{301}e\u{301}e\u{301}e\u{301} and more and more",
        "",
    ])
    func whatIsCutFits(_ text: String) {
        let room = 80.0
        let fitted = TextWidth.fitted(text, size: 12, within: room)
        #expect(TextWidth.estimate(fitted, size: 12) <= room)
        if fitted != text {
            #expect(fitted.hasSuffix("…") && TextWidth.estimate(text, size: 12) > room)
            // Whole characters, flags and accents too.
            #expect(text.hasPrefix(fitted.dropLast()))
        }
    }

    @Test func noRoomLeavesAnEllipsis() {
        #expect(TextWidth.fitted("member", size: 12, within: 2) == "…")
    }
}
