import OffloadDomain
import Testing

@testable import OffloadRunner

@Suite struct ChangePathTests {
    static let refused = [
        "", "/etc/passwd", "a//b", "a/", "/", "./a", "a/./b", "..", "../a", "a/../b", "a/..", "...", "a/.. ", " ",
        "a\0b",
        "a\nb", "a\u{7F}b", "a\u{85}b", "a\u{2028}b", "a\\b", "..\\a", "C:", "C:a", "c:/a", "a/d:b", ".git",
        ".git/config",
        "a/.git/hooks/x", ".GIT/config", ".Git", ".git ", ".git.", ".git. .", ".git::$INDEX_ALLOCATION",
        ".git:stream/config", "git~1", "GIT~1/config", "git~12", ".g\u{200C}it/config", "\u{FEFF}.git", ".gi\u{200D}t",
        ".git\u{2060}", ".g\u{00AD}it", ".git:\u{308}", "con", "CON", "nul.txt", "a/AUX", "prn.tar.gz", "com1",
        "Com9.log",
        "lpt1", "LPT¹", "aux .txt", "conin$", "com1:x", String(repeating: "a", count: 256),
        "a/" + String(repeating: "ä", count: 128),
        String(repeating: "abcdefghi/", count: 410) + "a", String(repeating: "a/", count: 128) + "a",
        ".offload-0123456789abcdef", ".OFFLOAD-0123456789ABCDEF/x", ".claude/requirements/a.md",
        ".Claude/Requirements",
    ]

    @Test(arguments: refused) func isRefused(_ path: String) {
        let error = #expect(throws: OffloadError.self) { try ChangePath(path) }
        #expect(error?.kind == .unprocessable)
        #expect(error.map { PlainText.isOneLine($0.message) } == true, "the message shows what cannot be seen")
        #expect((error?.message.utf8.count ?? 0) < 2_500)
    }

    @Test(arguments: [
        "a", "a/b/c.txt", ".gitignore", ".github/workflows/a.yml", "git", "a.git", "git~x", ".env", "...a", "a b",
        "Ünïcödé/日本.txt",
        "👩‍👩‍👧.txt", "console", "com", "com10", "nullable.swift", "auxiliary/prn2", "12:30 notes", "a..b", "~", "$HOME",
        "-rf",
        String(repeating: "a", count: 255), ".offload-notes", "x/.offload-0123456789abcdef", ".claude/settings.json",
    ])
    func isTaken(_ path: String) throws {
        #expect(try ChangePath(path).text == path)
    }

    @Test(arguments: [
        ("l", ".."), ("l", "../x"), ("l", "/etc/passwd"), ("a/l", "../.."), ("a/l", "../../x"), ("l", "a/../.."),
        ("l", "a/.."), ("a/l", "../b/../c"), ("l", ""), ("l", ".git/config"), ("a/l", "../.GIT"), ("l", "a\\b"),
        ("l", "C:\\x"), ("l", "a\0b"), ("l", "./../x"), ("l", "//x"), ("l", String(repeating: "a/", count: 2_500)),
    ])
    func linkIsRefused(_ path: String, _ target: String) throws {
        let path = try ChangePath(path)
        let error = #expect(throws: OffloadError.self) { try path.checkLink(to: Array(target.utf8)) }
        #expect(error?.kind == .unprocessable)
    }

    @Test(arguments: [
        ("l", "a"), ("l", "./a"), ("a/l", "../b"), ("a/b/l", "../../c/d"), ("a/l", ".."), ("l", "a//b"), ("l", "."),
    ])
    func linkIsTaken(_ path: String, _ target: String) throws {
        try ChangePath(path).checkLink(to: Array(target.utf8))
    }

    @Test func linkThatIsNoTextIsRefused() throws {
        let path = try ChangePath("l")
        #expect(throws: OffloadError.self) { try path.checkLink(to: [0xFF, 0xFE]) }
    }

    // MARK: - Together

    private static func set(_ paths: [String], gone: [String] = []) throws -> [CheckedChange] {
        let content = FileContent(.file, String(repeating: "0", count: 64))
        return try paths.map { CheckedChange(path: try ChangePath($0), theirs: content, base: nil, baseKind: nil) }
            + gone.map { CheckedChange(path: try ChangePath($0), theirs: nil, base: content.sha256, baseKind: nil) }
    }

    @Test(arguments: [
        ["a", "a"], ["a", "A"], ["x/ReadMe", "x/README"], ["\u{E9}", "e\u{301}"], ["\u{C9}", "e\u{301}"],
        ["straße", "STRASSE"],
        ["ς", "Σ"], ["a", "a/b"], ["a/b/c", "A"], ["e\u{301}/x", "\u{E9}"], ["\u{212A}", "k"],
    ])
    func collisionsAreRefused(_ paths: [String]) throws {
        let changes = try Self.set(paths)
        #expect(throws: OffloadError.self) { try ChangeSetRules.checkTogether(changes, folderLimit: 100) }
        #expect(throws: OffloadError.self) { try ChangeSetRules.checkTogether(changes.reversed(), folderLimit: 100) }
    }

    @Test func whatIsDeletedMakesRoom() throws {
        try ChangeSetRules.checkTogether(try Self.set(["a/b", "README"], gone: ["a", "ReadMe"]), folderLimit: 100)
        try ChangeSetRules.checkTogether(try Self.set(["a", "b/c"], gone: ["a/b", "a/c"]), folderLimit: 100)
        let twice = try Self.set(["a"], gone: ["a"])
        #expect(throws: OffloadError.self) { try ChangeSetRules.checkTogether(twice, folderLimit: 100) }
    }

    @Test func pathsAreTheSameOnlyByteForByte() throws {
        #expect("\u{E9}" == "e\u{301}", "which is why paths are not compared as strings")
        #expect(try ChangePath("\u{E9}") != ChangePath("e\u{301}"))
    }

    @Test func aShortListCannotNeedTooManyFolders() throws {
        let deep = (0..<10).map { String(repeating: "\($0)/", count: 12) + "x" }
        let changes = try Self.set(deep)
        try ChangeSetRules.checkTogether(changes, folderLimit: 121)
        #expect(throws: OffloadError.self) { try ChangeSetRules.checkTogether(changes, folderLimit: 120) }
    }
}
