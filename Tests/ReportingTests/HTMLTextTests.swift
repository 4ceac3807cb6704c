import Testing

@testable import Reporting

@Suite struct HTMLTextTests {
    @Test(arguments: [
        ("a < b & c > \"d\" 'e'", "a &lt; b &amp; c &gt; &quot;d&quot; &#39;e&#39;"),
        ("&amp;", "&amp;amp;"),
        ("مرحبا 海 🇨🇭", "مرحبا 海 🇨🇭"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        (
            "\u{0}\u{1B}[31m\u{7F}\u{85}\u{FFFE}\u{1FFFF}",
            "\u{FFFD}\u{FFFD}[31m\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"
        ),
    ])
    func textIsSafe(_ text: String, _ escaped: String) {
        #expect(HTMLText.escaped(text) == escaped)
    }

    @Test(arguments: [
        ("Training", "training"), ("Image by image", "image-by-image"), ("  A & B!  ", "a-b"),
        ("3 classes", "part-3-classes"), ("", "part-"), ("海", "part-"),
    ])
    func identifiersArePlain(_ text: String, _ identifier: String) {
        #expect(HTMLText.identifier(text) == identifier)
    }
}
