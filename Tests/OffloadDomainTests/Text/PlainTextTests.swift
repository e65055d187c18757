import OffloadDomain
import Testing

@Suite struct PlainTextTests {
    @Test(arguments: [
        ("", ""), ("  ", ""), ("\n\t", ""), (" a b ", "a b"), ("a", "a"), ("\u{A0}\u{3000}x\u{2028}", "x"),
        ("\r\nx\r\n", "x"),
        (" \0 ", "\0"),
    ])
    func trims(_ text: String, _ trimmed: String) {
        #expect(PlainText.trimmed(text) == trimmed)
    }

    @Test(arguments: ["", "one line", "日本語", "a\u{301}", "🧑‍💻", "\u{202E}turned"])
    func takesForOneLine(_ text: String) {
        #expect(PlainText.isOneLine(text))
    }

    @Test(arguments: ["a\nb", "a\rb", "a\r\nb", "\t", "\0", "\u{1B}[31m", "\u{7F}", "\u{85}", "\u{2028}", "\u{2029}"])
    func takesForMoreThanOneLine(_ text: String) {
        #expect(!PlainText.isOneLine(text))
    }

    @Test func cutsAtBytesButNeverInsideACharacter() {
        #expect(PlainText.prefix("short", bytes: 5) == "short")
        #expect(PlainText.prefix("short", bytes: 4) == "shor")
        #expect(PlainText.prefix("short", bytes: 0) == "")
        #expect(PlainText.prefix("äöü", bytes: 5) == "äö")
        #expect(PlainText.prefix("äöü", bytes: 1) == "")
        #expect(PlainText.prefix("a🧑‍💻b", bytes: 11) == "a")
        #expect(PlainText.prefix("a🧑‍💻b", bytes: 12) == "a🧑‍💻")
    }
}
