import OffloadDomain
import Testing

@testable import OffloadSettings

@Suite struct DotEnvTests {
    @Test func theBlockOfTheSpecification() throws {
        let text = """
            # .env
            OFFLOAD_ENABLED=true
            OFFLOAD_PAIRING_EXPIRY_MS=300000  # 5 minutes
            OFFLOAD_SYNC_INTERVAL_MS=5000     # Poll every 5 seconds
            OFFLOAD_LAN_ONLY=false            # Restrict to local network

            """
        #expect(
            try DotEnv.parse(text, file: ".env") == [
                .init(name: "OFFLOAD_ENABLED", value: "true", line: 2),
                .init(name: "OFFLOAD_PAIRING_EXPIRY_MS", value: "300000", line: 3),
                .init(name: "OFFLOAD_SYNC_INTERVAL_MS", value: "5000", line: 4),
                .init(name: "OFFLOAD_LAN_ONLY", value: "false", line: 5),
            ])
    }

    struct Accepted: Sendable, CustomTestStringConvertible {
        let text: String
        let values: [String]
        var testDescription: String { text.debugDescription }

        init(_ text: String, _ values: String...) {
            self.text = text
            self.values = values
        }
    }

    @Test(arguments: [
        Accepted(""),
        Accepted("\n\n  \t\n"),
        Accepted("# only a comment"),
        Accepted("   # a comment after white space\n"),
        Accepted("A=1", "1"),
        Accepted("A=1\n", "1"),
        Accepted("A=1\r\nA=2\r\n", "1", "2"),
        Accepted("A=1\r", "1"),
        Accepted("\u{FEFF}A=1", "1"),
        Accepted("\u{FEFF}# comment\nA=1", "1"),
        Accepted("A=", ""),
        Accepted("A=\nA=2", "", "2"),
        Accepted("A=   \t", ""),
        Accepted("A= 1 ", "1"),
        Accepted("  A = 1", "1"),
        Accepted("A=one two  three", "one two  three"),
        Accepted("A=1 # comment", "1"),
        Accepted("A=1\t# comment", "1"),
        Accepted("A=1#not a comment", "1#not a comment"),
        Accepted("A=#not a comment", "#not a comment"),
        Accepted("A= # comment", ""),
        Accepted("A=a#b #c", "a#b"),
        Accepted("A=b=c", "b=c"),
        Accepted("A=it's", "it's"),
        Accepted("A=say \"hi\"", "say \"hi\""),
        Accepted(#"A=back\slash\n"#, #"back\slash\n"#),
        Accepted("A=$HOME/${X}", "$HOME/${X}"),
        Accepted("export A=1", "1"),
        Accepted("export\tA=1", "1"),
        Accepted("export=1", "1"),
        Accepted("export =1", "1"),
        Accepted("A='  spaces # kept '", "  spaces # kept "),
        Accepted(#"A='$X \n \' # literal"#, #"$X \n \"#),
        Accepted("A=''", ""),
        Accepted("A=\"\"", ""),
        Accepted("A='1' # comment", "1"),
        Accepted(#"A="a\nb\tc\"d\\e\$f""#, "a\nb\tc\"d\\e$f"),
        Accepted(#"A="\x \' $X""#, #"\x \' $X"#),
        Accepted("A=\"two\r\nlines\"\nB=2", "two\nlines", "2"),
        Accepted("A='two\nlines'", "two\nlines"),
        Accepted("_a1=ü日本\u{1F600}", "ü日本\u{1F600}"),
        Accepted("A=e\u{301} # combined", "e\u{301}"),
    ])
    func accepts(_ example: Accepted) throws {
        #expect(try DotEnv.parse(example.text, file: ".env").map(\.value) == example.values)
    }

    @Test func namesAndLines() throws {
        let text = "\n# one\nexport FIRST=1\nSECOND='a\nb'\n\nTHIRD=3"
        #expect(
            try DotEnv.parse(text, file: ".env") == [
                .init(name: "FIRST", value: "1", line: 3),
                .init(name: "SECOND", value: "a\nb", line: 4),
                .init(name: "THIRD", value: "3", line: 7),
            ])
    }

    @Test(arguments: [
        ("A=1\nB", "/x/.env line 2: expected NAME=value"),
        ("A B=1", "/x/.env line 1: expected NAME=value"),
        ("export", "/x/.env line 1: expected NAME=value"),
        ("export A B=1", "/x/.env line 1: expected NAME=value"),
        ("=1", "/x/.env line 1: \"\" is not a name; allowed: letters, digits and _, not a digit first"),
        ("\n1A=1", "/x/.env line 2: \"1A\" is not a name; allowed: letters, digits and _, not a digit first"),
        ("A-B=1", "/x/.env line 1: \"A-B\" is not a name; allowed: letters, digits and _, not a digit first"),
        ("Ä=1", "/x/.env line 1: \"Ä\" is not a name; allowed: letters, digits and _, not a digit first"),
        ("A\0=1", "/x/.env line 1: \"A\\u{0}\" is not a name; allowed: letters, digits and _, not a digit first"),
        ("A=1\0", "/x/.env line 1: a NUL character is not allowed"),
        ("A=1\n#\0", "/x/.env line 2: a NUL character is not allowed"),
        ("A='\n\0'", "/x/.env line 2: a NUL character is not allowed"),
        ("\nA='1\n\n", "/x/.env line 2: the quote that opens the value of A is never closed"),
        ("A=\"1\\\"", "/x/.env line 1: the quote that opens the value of A is never closed"),
        ("A='1'2", "/x/.env line 1: after the closing quote of A only a comment may follow"),
        ("A='1'#2", "/x/.env line 1: after the closing quote of A only a comment may follow"),
    ])
    func refuses(text: String, message: String) {
        #expect(throws: OffloadError(.invalidRequest, message)) { try DotEnv.parse(text, file: "/x/.env") }
    }

    @Test func sizeIsBounded() throws {
        let largest = "A=" + String(repeating: "x", count: DotEnv.largestSize - 2)
        #expect(try DotEnv.parse(largest, file: "f").count == 1)
        let error = OffloadError(.invalidRequest, "f: larger than 64 KiB")
        #expect(throws: error) { try DotEnv.parse(largest + "x", file: "f") }
        #expect(throws: error) { try DotEnv.parse(Array((largest + "x").utf8), file: "f") }
    }

    @Test func bytesMustBeText() {
        #expect(throws: OffloadError(.invalidRequest, "f: not UTF-8 text")) {
            try DotEnv.parse([0x41, 0x3D, 0xFF], file: "f")
        }
    }

    /// Whatever the bytes are, there is an answer; and whatever was understood reads the same when it is written down
    /// again with quotes.
    @Test func randomBytesNeverCrash() throws {
        var random = SplitMix64(state: 20_250_607)
        let pieces = [
            "A=", "B_1=", "export ", "x", "1", "ü", " ", "\t", "\n", "\r\n", "\r", "#", "'", "\"", "\\", "$", "=",
        ]
        var understood = 0
        for round in 0..<20_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                if round.isMultiple(of: 4) {
                    bytes.append(UInt8.random(in: 0...255, using: &random))
                } else if let piece = pieces.randomElement(using: &random) {
                    bytes += Array(piece.utf8)
                }
            }
            guard let entries = try? DotEnv.parse(bytes, file: "f"), !entries.isEmpty else { continue }
            // A carriage return cannot be written down: before a line feed it belongs to the end of the line.
            if entries.contains(where: { $0.value.unicodeScalars.contains("\r") }) { continue }
            understood += 1
            let written = entries.map { "\($0.name)=\(Self.quoted($0.value))" }.joined(separator: "\n")
            let again = try DotEnv.parse(written, file: "f")
            #expect(again.map(\.name) == entries.map(\.name))
            #expect(again.map(\.value) == entries.map(\.value))
        }
        // A generator that makes nothing but refused texts would prove nothing about the others.
        #expect(understood > 1_000)
    }

    private static func quoted(_ value: String) -> String {
        var text = "\""
        for scalar in value.unicodeScalars {
            if "\"\\$".unicodeScalars.contains(scalar) { text += "\\" }
            text.unicodeScalars.append(scalar)
        }
        return text + "\""
    }
}

/// A generator with a seed, so that a failure comes back.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
