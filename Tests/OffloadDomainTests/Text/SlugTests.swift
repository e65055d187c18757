import OffloadDomain
import OffloadTesting
import Testing

@Suite struct SlugTests {
    @Test(arguments: [
        ("Fix the login page", "fix-the-login-page"),
        ("  Fix -- the   login!  ", "fix-the-login"),
        ("ÄÖÜ are letters elsewhere", "are-letters-elsewhere"),
        ("cafe\u{301} au lait", "cafe-au-lait"),
        ("\u{212A}elvin", "kelvin"),
        ("İstanbul", "istanbul"),
        ("v2.0/rc1", "v2-0-rc1"),
        ("../../etc/passwd", "etc-passwd"),
        ("--force", "force"),
        ("a\0b\nc", "a-b-c"),
        ("-", "idea"),
        ("", "idea"),
        ("日本語", "idea"),
        ("CON", "idea"),
        ("com1", "idea"),
        ("LPT9", "idea"),
        ("console", "console"),
        ("con-1", "con-1"),
    ])
    func isMadeFrom(_ text: String, _ slug: String) {
        #expect(Slug.make(from: text, fallback: "idea") == slug)
    }

    @Test func isAtMost48BytesAndEndsWithoutADash() {
        #expect(Slug.make(from: String(repeating: "a", count: 400), fallback: "f") == String(repeating: "a", count: 48))
        for length in 40...60 {
            for tail in [" b", " b c d e", "b c"] {
                let slug = Slug.make(from: String(repeating: "a", count: length) + tail, fallback: "f")
                #expect(slug.utf8.count <= Slug.longest, "\(length) and \(tail.debugDescription) give \(slug)")
                #expect(!slug.hasSuffix("-"))
            }
        }
    }

    /// Whatever the text, the name is safe: letters, digits and single dashes between them.
    @Test func isSafeForEveryText() {
        var dice = SplitMix64(seed: 2_026)
        let pieces: [Unicode.Scalar] = [
            "a", "Z", "9", "-", "_", ".", "/", "\\", " ", "\n", "\0", "\u{301}", "ß", "é", "日", "🧪", "\u{200D}",
            "\u{202E}",
        ]
        for _ in 0..<20_000 {
            var view = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...70, using: &dice) {
                view.append(pieces[Int.random(in: pieces.indices, using: &dice)])
            }
            let text = String(view)
            let slug = Slug.make(from: text, fallback: "idea")
            if let problem = Self.problem(with: slug) {
                Issue.record("\(text.debugDescription) gives \(slug): \(problem)")
                return
            }
            // A name made of a name stays as it is, so that it can be compared.
            #expect(Slug.make(from: slug, fallback: "idea") == slug)
        }
    }

    /// What makes a name unsafe as a file name or in a ref.
    private static func problem(with slug: String) -> String? {
        if slug.isEmpty || slug.utf8.count > Slug.longest { return "its length" }
        if !slug.allSatisfy({ "abcdefghijklmnopqrstuvwxyz0123456789-".contains($0) }) { return "a foreign character" }
        if slug.hasPrefix("-") || slug.hasSuffix("-") || slug.contains("--") { return "its dashes" }
        return nil
    }

    @Test func theJudgeOfSafeNamesFindsUnsafeOnes() {
        for unsafe in ["", "-a", "a-", "a--b", "a.b", "A", "a b", String(repeating: "a", count: 49)] {
            #expect(Self.problem(with: unsafe) != nil, "\(unsafe)")
        }
    }

    @Test func theFirstFreeNameIsTaken() {
        #expect(Slug.firstFree("x") { _ in false } == "x")
        #expect(Slug.firstFree("x") { ["x"].contains($0) } == "x-2")
        #expect(Slug.firstFree("x") { ["x", "x-2", "x-3", "x-5"].contains($0) } == "x-4")
    }

    @Test func aQuestionThatFailsIsNotAnAnswer() {
        struct Unreadable: Error {}
        #expect(throws: Unreadable.self) { try Slug.firstFree("x") { _ in throw Unreadable() } }
    }
}
