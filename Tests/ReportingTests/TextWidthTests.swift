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
            #expect(TextWidth.estimate(text, size: 12) > room)
            // Whole characters, flags and accents too.
            let parts = fitted.split(separator: "…", omittingEmptySubsequences: false)
            #expect(parts.count == 2 && text.hasPrefix(parts[0]) && text.hasSuffix(parts[1]))
            #expect(parts[0].count >= parts[1].count)
        }
    }

    @Test func namesThatDifferAtTheirEndsStayApart() {
        let names = (0..<20).map { "unet-resnet34-imagenet-seed-\(1000 + $0)-bag-\($0)" }
        #expect(Set(names.map { TextWidth.fitted($0, size: 12, within: 100) }).count == 20)
    }

    @Test func noRoomLeavesAnEllipsis() {
        #expect(TextWidth.fitted("member", size: 12, within: 2) == "…")
    }
}
