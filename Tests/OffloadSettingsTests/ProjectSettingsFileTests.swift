import Foundation
import OffloadDomain
import Testing

@testable import OffloadSettings

@Suite struct ProjectSettingsFileTests {
    struct Accepted: Sendable, CustomTestStringConvertible {
        let text: String
        let settings: ProjectSettings
        var testDescription: String { text.debugDescription }

        init(_ text: String, _ settings: ProjectSettings = .defaults) {
            self.text = text
            self.settings = settings
        }
    }

    @Test(arguments: [
        Accepted(""),
        Accepted("\n  \n"),
        Accepted("# only a comment\n"),
        Accepted("---\n"),
        Accepted("{}"),
        Accepted("null"),
        Accepted("\u{FEFF}agent: codex\r\nslots: 2\r\n", ProjectSettings(agent: "codex", slots: 2)),
        Accepted("agent:\ncheck: ~\nslots: null\ncopy:\n"),
        Accepted("agent: claude", ProjectSettings(agent: "claude")),
        Accepted("agent: 'claude'", ProjectSettings(agent: "claude")),
        Accepted("agent: !!str claude", ProjectSettings(agent: "claude")),
        Accepted("agent: command\ncommand: [sleep, 5]", ProjectSettings(agent: "command", command: ["sleep", "5"])),
        Accepted(
            "command:\n  - run\n  - --file={requirement}\n  - ''\n  - $HOME\nagent: command",
            ProjectSettings(agent: "command", command: ["run", "--file={requirement}", "", "$HOME"])),
        Accepted(
            "agent: command\ncommand: run 'two words' \"a b\" c\\ d ''",
            ProjectSettings(agent: "command", command: ["run", "two words", "a b", "c d", ""])),
        Accepted("permissionMode: bypassPermissions", ProjectSettings(permissionMode: "bypassPermissions")),
        Accepted("model: claude-opus-4", ProjectSettings(model: "claude-opus-4")),
        Accepted("model: 4.10", ProjectSettings(model: "4.10")),
        Accepted("slots: 1", ProjectSettings(slots: 1)),
        Accepted("slots: \"64\"", ProjectSettings(slots: 64)),
        Accepted("setup: npm ci && npm run build", ProjectSettings(setup: "npm ci && npm run build")),
        Accepted("check: true", ProjectSettings(check: "true")),
        Accepted("check: no", ProjectSettings(check: "no")),
        Accepted(
            "check: |\n  set -e\n  case $x in *.o) echo \"a: b\" ;; esac\n  [ -f x ] && run &\n",
            ProjectSettings(check: "set -e\ncase $x in *.o) echo \"a: b\" ;; esac\n[ -f x ] && run &\n")),
        Accepted("copy: [.env, cache/]", ProjectSettings(copy: [".env", "cache"])),
        Accepted(
            "copy:\n  - ./a//b/./c\n  - .gitignore\n  - x.git/y\n  - ..a",
            ProjectSettings(copy: ["a/b/c", ".gitignore", "x.git/y", "..a"])),
        Accepted("copy: []"),
        Accepted("workspace: none", ProjectSettings(workspace: .none)),
        Accepted("template: docs/requirement.md", ProjectSettings(template: "docs/requirement.md")),
        Accepted("silenceMinutes: 5", ProjectSettings(silenceLimit: .seconds(300))),
        Accepted("silenceMinutes: 0.5", ProjectSettings(silenceLimit: .seconds(30))),
        Accepted("silenceSeconds: 1.5", ProjectSettings(silenceLimit: .milliseconds(1_500))),
        Accepted("timeLimitMinutes: 10080", ProjectSettings(timeLimit: .seconds(604_800))),
        Accepted("timeLimitSeconds: 3", ProjectSettings(timeLimit: .seconds(3))),
        Accepted("silenceMinutes:\nsilenceSeconds: 3", ProjectSettings(silenceLimit: .seconds(3))),
    ])
    func accepts(_ example: Accepted) throws {
        #expect(try ProjectSettingsFile.parse(example.text) == example.settings)
    }

    @Test(arguments: [
        ("slots: 0", "line 1: slots: \"0\" is not allowed; allowed: a whole number from 1 to 64"),
        ("\nslots: 65", "line 2: slots: \"65\" is not allowed; allowed: a whole number from 1 to 64"),
        ("slots: 1.5", "line 1: slots: \"1.5\" is not allowed; allowed: a whole number from 1 to 64"),
        ("slots: [1]", "line 1: slots: a list is not allowed; allowed: a whole number from 1 to 64"),
        ("slots:\n  a: 1", "line 2: slots: a group of keys is not allowed; allowed: a whole number from 1 to 64"),
        (
            "slots: !!int 4",
            "line 1: slots: a value with the tag \"tag:yaml.org,2002:int\" is not allowed; "
                + "allowed: a whole number from 1 to 64"
        ),
        (
            "agent: Claude Code",
            "line 1: agent: \"Claude Code\" is not allowed; allowed: an agent's name: "
                + "1 to 64 lower-case letters, digits, dashes or underscores, a letter first"
        ),
        ("agent: command", "line 1: agent: \"command\" needs the key command, the program and its arguments"),
        (
            "slots: 1\nagent: command\ncommand:",
            "line 2: agent: \"command\" needs the key command, the program and its arguments"
        ),
        ("command: []", "line 1: command: a list is not allowed; allowed: a program and its arguments"),
        ("command: ['']", "line 1: command: a list is not allowed; allowed: a program and its arguments"),
        (
            "command:\n- a\n- [b]",
            "line 3: command: a list is not allowed; allowed: a list of texts, or one text of words and quotes"
        ),
        (
            "command: make 'all",
            "line 1: command: \"make 'all\" is not allowed; allowed: a closing quote for each opening one"
        ),
        (
            "command: a | b",
            "line 1: command: \"a | b\" is not allowed; allowed: words and quotes; no shell reads this, "
                + "so write [sh, -c, \"…\"] if | is for one"
        ),
        (
            "command: a \"$HOME\"",
            "line 1: command: \"a \\\"$HOME\\\"\" is not allowed; allowed: words and quotes; no shell reads this, "
                + "so write [sh, -c, \"…\"] if $ is for one"
        ),
        (
            "permissionMode: yolo",
            "line 1: permissionMode: \"yolo\" is not allowed; "
                + "allowed: default, acceptEdits, plan, dontAsk, bypassPermissions, auto"
        ),
        (
            "model: --dangerously",
            "line 1: model: \"--dangerously\" is not allowed; allowed: a model's name: "
                + "up to 200 bytes without spaces, not beginning with a dash"
        ),
        (
            "workspace: shared",
            "line 1: workspace: \"shared\" is not allowed; allowed: isolated, none"
        ),
        ("check: '  '", "line 1: check: \"  \" is not allowed; allowed: a shell command of at most 8192 bytes"),
        ("check: [a]", "line 1: check: a list is not allowed; allowed: a shell command of at most 8192 bytes"),
        ("setup: \"a\\0b\"", "line 1: setup: \"a\\u{0}b\" is not allowed; allowed: text without NUL characters"),
        (
            "copy: .env",
            "line 1: copy: \".env\" is not allowed; allowed: a list of up to 100 paths, each \(ProjectPath.allowed)"
        ),
        (
            "copy:\n  - ok\n  -\n",
            "line 3: copy: nothing is not allowed; allowed: a list of up to 100 paths, each \(ProjectPath.allowed)"
        ),
        (
            "silenceMinutes: 0",
            "line 1: silenceMinutes: \"0\" is not allowed; allowed: a number greater than 0, at most 10080"
        ),
        (
            "silenceSeconds: 0.0001",
            "line 1: silenceSeconds: \"0.0001\" is not allowed; allowed: a number greater than 0, at most 604800"
        ),
        (
            "silenceMinutes: -1",
            "line 1: silenceMinutes: \"-1\" is not allowed; allowed: a number greater than 0, at most 10080"
        ),
        (
            "timeLimitMinutes: inf",
            "line 1: timeLimitMinutes: \"inf\" is not allowed; allowed: a number greater than 0, at most 10080"
        ),
        (
            "timeLimitSeconds: 604801",
            "line 1: timeLimitSeconds: \"604801\" is not allowed; allowed: a number greater than 0, at most 604800"
        ),
        (
            "silenceMinutes: 1\nsilenceSeconds: 60",
            "line 2: silenceSeconds: set either this or silenceMinutes, not both"
        ),
        (
            "timeLimitSeconds: 60\ntimeLimitMinutes: 1",
            "line 2: timeLimitMinutes: set either this or timeLimitSeconds, not both"
        ),
        ("agent: a\nagent: b", "line 1: set more than once: \"agent\""),
        ("just text", "line 1: must consist of lines such as \"agent: claude\""),
        ("- agent", "line 1: must consist of lines such as \"agent: claude\""),
        ("[a]: b", "line 1: a key must be a single word"),
        ("agent: a\n---\nagent: b", "line 2: not YAML: but found another document"),
        ("agent: 'open", "line 1: not YAML: found unexpected end of stream"),
        ("agent: a\n  b: c", "line 2: not YAML: mapping values are not allowed in this context"),
        ("agent: a\nmodel: b\u{1}", "line 2: not YAML: control characters are not allowed"),
        ("copy: [*.o]", "line 1: not YAML: did not find expected alphabetic or numeric character"),
        ("agent: *a", "line 1: not YAML: found undefined alias"),
        ("check: x\nagent: &a b", "line 2: anchors (&) are not supported; write the value out"),
        ("? agent\n: a", "line 1: explicit keys (?) are not supported; write \"key: value\""),
    ])
    func refuses(text: String, message: String) {
        #expect(throws: OffloadError(.unprocessable, "offload.yml " + message)) {
            try ProjectSettingsFile.parse(text)
        }
    }

    @Test func unknownKeysAreRefusedWithAdvice() throws {
        let names = ProjectSettingsKey.all.map(\.name).joined(separator: ", ")
        #expect(
            throws: OffloadError(
                .unprocessable, "offload.yml line 2: \"slot\" is not a setting; did you mean slots? allowed: \(names)")
        ) { try ProjectSettingsFile.parse("agent: a\nslot: 2") }
        let message = "offload.yml line 1: \"xyz\" is not a setting; allowed: \(names)"
        #expect(throws: OffloadError(.unprocessable, message)) { try ProjectSettingsFile.parse("xyz: 2") }
        for name in [
            "agent", "command", "permissionMode", "model", "slots", "setup", "check", "copy", "workspace", "template",
            "silenceMinutes", "silenceSeconds", "timeLimitMinutes", "timeLimitSeconds",
        ] {
            #expect(names.contains(name))
        }
    }

    @Test(arguments: [
        "/etc/passwd", "..", "../x", "a/../../x", "a/..", ".git", ".git/hooks", "./.git/config", "a/.git/config",
        ".GIT/config", ".g\u{200C}it/config", "GIT~1/config", ".git./config", ".git /config", "~/x", ".", "./",
        "a\u{1}b", "a\u{202E}b", String(repeating: "x", count: 501),
    ])
    func pathsThatLeaveTheProject(path: String) {
        #expect(throws: OffloadError.self) { try ProjectSettingsFile.parse("copy: [\(quoted(path))]") }
        #expect(throws: OffloadError.self) { try ProjectSettingsFile.parse("template: \(quoted(path))") }
        // The control: the same text is fine where no path is wanted.
        #expect(throws: Never.self) { try ProjectSettingsFile.parse("check: \(quoted(path))") }
    }

    @Test func theDocumentedDefaultsAreTheOnesInUse() throws {
        var documented = 0
        for key in ProjectSettingsKey.all {
            #expect(!key.explanation.isEmpty && !key.allowed.isEmpty)
            guard let value = key.defaultValue else { continue }
            documented += 1
            #expect(try ProjectSettingsFile.parse("\(key.name): \(value)") == .defaults)
        }
        #expect(documented == 6)
        // What is shown of changed settings leads to the same settings again.
        let changed = ProjectSettings(
            agent: "command", command: ["a b", "\"c\""], permissionMode: "plan", model: "m", slots: 3, setup: "s",
            check: "c", copy: ["x y", "z"], workspace: .none, template: "t.md", silenceLimit: .seconds(90),
            timeLimit: .seconds(60))
        let text = ProjectSettingsKey.all.filter { !$0.name.hasSuffix("Seconds") }
            .compactMap { key in key.show(changed).map { "\(key.name): \($0)" } }.joined(separator: "\n")
        #expect(try ProjectSettingsFile.parse(text) == changed)
    }

    @Test func boundsOfLists() throws {
        let paths = (1...101).map { "  - file\($0)\n" }
        #expect(try ProjectSettingsFile.parse("copy:\n" + paths.dropLast().joined()).copy.count == 100)
        let message = "offload.yml line 2: copy: a list is not allowed; allowed: at most 100 values"
        #expect(throws: OffloadError(.unprocessable, message)) {
            try ProjectSettingsFile.parse("copy:\n" + paths.joined())
        }
        let longest = String(repeating: "x", count: 8_192)
        #expect(try ProjectSettingsFile.parse("setup: \(longest)").setup == longest)
        #expect(throws: OffloadError.self) { try ProjectSettingsFile.parse("setup: x\(longest)") }
    }

    private func quoted(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar in
            scalar.value < 0x20 ? "\\x0\(String(scalar.value, radix: 16))" : String(Character(scalar))
        }
        return "\"" + escaped.joined() + "\""
    }
}
