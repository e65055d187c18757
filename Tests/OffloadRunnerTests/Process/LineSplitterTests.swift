import Testing

@testable import OffloadRunner

@Suite struct LineSplitterTests {
    private struct Seen: Equatable, CustomStringConvertible {
        var text: String
        var isCut = false
        var description: String { "\(text.debugDescription)\(isCut ? " cut" : "")" }
    }

    private func lines(_ pieces: [[UInt8]], limit: Int = LineSplitter.standardLimit) -> [Seen] {
        var splitter = LineSplitter(limit: limit)
        var seen: [Seen] = []
        for piece in pieces {
            piece.withUnsafeBytes { splitter.push($0) { seen.append(Seen(text: $0.text, isCut: $0.isCut)) } }
        }
        splitter.finish { seen.append(Seen(text: $0.text, isCut: $0.isCut)) }
        return seen
    }

    private func lines(_ text: String, limit: Int = LineSplitter.standardLimit) -> [Seen] {
        lines([Array(text.utf8)], limit: limit)
    }

    @Test(arguments: [
        ("", []), ("a", ["a"]), ("a\n", ["a"]), ("a\nb", ["a", "b"]), ("\n", [""]), ("\n\n", ["", ""]),
        ("a\r\nb\r\n", ["a", "b"]), ("a\rb\n", ["a\rb"]), ("a\r", ["a"]), ("\r\n", [""]),
    ])
    func linesEnd(_ text: String, _ expected: [String]) {
        #expect(lines(text) == expected.map { Seen(text: $0) })
    }

    /// However a text is cut into pieces, its lines are the same.
    @Test func piecesDoNotMatter() {
        let text = Array("first\r\nsecond is longer\n\n\r\nünï€𝄞\nlast\r".utf8)
        for limit in [3, 5, 7, 100] {
            let whole = lines([text], limit: limit)
            for size in 1...text.count {
                let pieces = stride(from: 0, to: text.count, by: size).map {
                    Array(text[$0..<min($0 + size, text.count)])
                }
                #expect(lines(pieces, limit: limit) == whole, "limit \(limit), pieces of \(size)")
            }
        }
    }

    @Test func longLinesAreCutAndFlagged() {
        #expect(
            lines("12345\n123456\n1\n", limit: 5) == [
                Seen(text: "12345"), Seen(text: "12345", isCut: true), Seen(text: "1"),
            ])
    }

    @Test func aCutNeverLeavesHalfACharacter() {
        #expect(lines("aä€𝄞x\n", limit: 4) == [Seen(text: "aä", isCut: true)])
        #expect(lines("aä€𝄞x\n", limit: 8) == [Seen(text: "aä€", isCut: true)])
        #expect(lines("aä€𝄞x\n", limit: 10) == [Seen(text: "aä€𝄞", isCut: true)])
    }

    @Test func whatIsNotUTF8IsRepaired() {
        #expect(
            lines([[0xff, 0x41, 0xc3, 0x0a, 0xe2, 0x82]]) == [Seen(text: "\u{FFFD}A\u{FFFD}"), Seen(text: "\u{FFFD}")])
    }

    @Test func aCarriageReturnAtTheLimitIsNotCounted() {
        #expect(lines("1234\r\n", limit: 5) == [Seen(text: "1234")])
    }
}
