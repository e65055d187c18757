import Foundation
import OffloadDomain
import Testing

@testable import OffloadSettings

/// What a hostile or broken file may not do.
@Suite struct ProjectSettingsSafetyTests {
    @Test func aMissingFileMeansDefaults() throws {
        try ScratchFolder.with { scratch in
            #expect(try ProjectSettingsFile.load(folder: scratch.path) == .defaults)
            try scratch.write("agent: codex", to: "offload.yml")
            #expect(try ProjectSettingsFile.load(folder: scratch.path).agent == "codex")
        }
    }

    @Test func messagesNameTheFile() throws {
        try ScratchFolder.with { scratch in
            let file = try scratch.write("\nslots: none", to: "offload.yml")
            let message = "\(file) line 2: slots: \"none\" is not allowed; allowed: a whole number from 1 to 64"
            #expect(throws: OffloadError(.unprocessable, message)) {
                try ProjectSettingsFile.load(folder: scratch.path)
            }
        }
    }

    @Test func linksAreNotFollowed() throws {
        try ScratchFolder.with { scratch in
            let project = try scratch.subfolder("project")
            try scratch.write("agent: codex", to: "outside.yml")
            try project.link("offload.yml", to: "../outside.yml")
            let message = "\(project.path)/offload.yml: must be a regular file, not a symbolic link"
            #expect(throws: OffloadError(.unprocessable, message)) {
                try ProjectSettingsFile.load(folder: project.path)
            }
            // A project that is itself reached by a link is the user's own choice.
            try scratch.write("agent: codex", to: "offload.yml")
            try scratch.link("alias", to: scratch.path)
            #expect(try ProjectSettingsFile.load(folder: scratch.path + "/alias").agent == "codex")
        }
    }

    @Test func onlyRegularFilesOfBoundedSizeAreRead() throws {
        try ScratchFolder.with { scratch in
            let path = scratch.path + "/offload.yml"
            func expectRefusal(_ reason: String) {
                #expect(throws: OffloadError(.unprocessable, "\(path): \(reason)")) {
                    try ProjectSettingsFile.load(folder: scratch.path)
                }
            }
            _ = try scratch.subfolder("offload.yml")
            expectRefusal("must be a regular file")
            try FileManager.default.removeItem(atPath: path)
            try #require(mkfifo(path, 0o600) == 0)
            expectRefusal("must be a regular file")
            try FileManager.default.removeItem(atPath: path)
            try Data([0xC3, 0x28]).write(to: URL(fileURLWithPath: path))
            expectRefusal("not UTF-8 text")
            let largest = "#" + String(repeating: "x", count: ProjectSettingsFile.largestSize - 1)
            try scratch.write(largest, to: "offload.yml")
            #expect(try ProjectSettingsFile.load(folder: scratch.path) == .defaults)
            try scratch.write(largest + "x", to: "offload.yml")
            expectRefusal("larger than 256 KiB")
        }
    }

    /// Each of these would cost seconds, gigabytes or the stack if it were built.
    @Test(arguments: [
        // Ten to the power of nine values, asked for as a key and thus compared.
        "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]",
        "{\"a\":&a [x], ? [*a,*a] : 1}",
        "agent: !tag &a x",
        "!a?b  &c x",
        "\u{2028}&a x: y",
        String(repeating: "? ", count: 900) + "[" + String(repeating: "a,", count: 100_000) + "]",
        "a: " + String(repeating: "[", count: 900) + String(repeating: "]", count: 900),
        "a: " + String(repeating: "{x: ", count: 900) + String(repeating: "}", count: 900),
        String(repeating: "- ", count: 900) + "x",
        (0..<400).map { String(repeating: " ", count: $0) + "k:\n" }.joined(),
        String(repeating: "[", count: 100_000),
    ])
    func bombs(text: String) {
        let error = #expect(throws: OffloadError.self) { try ProjectSettingsFile.parse(text) }
        #expect(error?.kind == .unprocessable)
        let reasons = ["anchors", "explicit keys", "brackets", "indentation"]
        #expect(reasons.contains { error?.message.contains($0) == true }, "\(error?.message ?? "")")
    }

    /// The deepest nesting that is let through is parsed on the smallest stack that a thread of ours has (on macOS).
    @Test func theDeepestAllowedNestingFitsIntoASmallStack() async throws {
        let block = (0..<40).map { String(repeating: "  ", count: $0) + "- k:" }.joined(separator: "\n")
        let flow = String(repeating: "[k: ", count: 50) + "x" + String(repeating: "]", count: 50)
        let text = block + " " + flow
        let error = await withCheckedContinuation { continuation in
            let thread = Thread {
                do throws(OffloadError) {
                    _ = try ProjectSettingsFile.parse(text)
                    continuation.resume(returning: OffloadError?.none)
                } catch {
                    continuation.resume(returning: error)
                }
            }
            thread.stackSize = 512 * 1024
            thread.start()
        }
        // It was not refused for its depth, so it was built.
        #expect(error?.message == "offload.yml line 1: must consist of lines such as \"agent: claude\"")
    }

    @Test func randomTextNeverCrashes() {
        var random = SplitMix64(state: 4_747)
        let pieces = [
            "agent", "command", "copy", "slots", ": ", ":", "\n", "\n  ", "- ", "[", "]", "{", "}", ",", "'", "\"",
            "|\n", ">\n", "#", "!t ", "!!str ", "&a ", "*a", "? ", "%", "@", "`", "\\", "x", "1", "~", "\t", "\0",
            "\u{85}", "\u{FEFF}", "ü", "---", "...", "\r",
        ]
        var accepted = 0
        var refused = 0
        for _ in 0..<20_000 {
            var text = Bool.random(using: &random) ? "check: " : ""
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                text += pieces.randomElement(using: &random) ?? ""
            }
            do throws(OffloadError) {
                _ = try ProjectSettingsFile.parse(text)
                accepted += 1
            } catch {
                #expect(error.kind == .unprocessable)
                #expect(error.message.hasPrefix("offload.yml"))
                #expect(!error.message.contains("\n"), "a message is one line")
                refused += 1
            }
        }
        #expect(accepted > 1_000 && refused > 1_000, "both ways must have been taken")
    }
}
