import Foundation
import Testing

/// What the documents tell a reader to type is typed, and what they promise is seen.
@Suite("Documentation")
struct DocumentationTests {
    /// Stands in the documents for the program that a reader starts in a terminal of its own.
    private static let device = "offload serve"

    @Test("Every command of the tutorial does what the tutorial shows", .timeLimit(.minutes(5)))
    func tutorial() async throws {
        let blocks = try MarkdownFile("docs/tutorial.md").blocks
        try #require(blocks.count { $0.language == "sh" } > 10)
        try await withReader(in: "desk") { reader in
            for (index, block) in blocks.enumerated() where block.language == "sh" {
                let next = blocks.indices.contains(index + 1) ? blocks[index + 1] : nil
                let expected = ExpectedOutput(next?.language == "text" ? next?.text ?? "" : "")
                let (output, exitCode) = try reader.type(block.text)
                let place = "docs/tutorial.md line \(block.line)"
                #expect(exitCode == 0, "\(place) ended with \(exitCode):\n\(output)")
                #expect(expected.matches(output), "\(place) said:\n\(output)")
            }
        }
    }

    /// Lines of the README that a test of this package can't run.
    private static let leftOut = [
        "scripts/demo     # two devices, twelve ideas, one pulled plug, all merged, a built-in agent; half a minute after the build",
        "scripts/test     # every test",
        #"install "$(scripts/build-release | tail -n 1)" ~/.local/bin/offload"#,
    ]

    @Test("Every command of the README works, but for those that build this package", .timeLimit(.minutes(5)))
    func readme() async throws {
        let readme = try MarkdownFile("README.md")
        let commands = readme.blocks.filter { $0.language == "sh" }.flatMap { $0.text.components(separatedBy: "\n") }
        for line in Self.leftOut { #expect(commands.contains(line), "\(line) is left out and not in the README") }
        try #require(commands.count > Self.leftOut.count)
        try await withReader(in: "project") { reader in
            _ = try SampleRepository(in: reader.home)
            for command in commands where !Self.leftOut.contains(command) {
                let (output, exitCode) = try reader.type(command)
                #expect(exitCode == 0, "\(command) ended with \(exitCode):\n\(output)")
            }
            for block in readme.blocks where block.language == "yaml" {
                try block.text.write(toFile: "\(reader.folder)/offload.yml", atomically: true, encoding: .utf8)
                let (output, exitCode) = try reader.type("offload project add .")
                #expect(exitCode == 0, "README.md line \(block.line): \(output)")
            }
        }
    }

    @Test(
        "Every link in the documents leads somewhere",
        arguments: [
            "README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/tutorial.md", "docs/reference.md",
            "docs/api.md",
        ])
    func links(_ path: String) throws {
        let folder = (path as NSString).deletingLastPathComponent
        for link in try MarkdownFile(path).localLinks {
            let file = link.prefix { $0 != "#" }
            let target = "\(DeviceProcess.packageFolder)/\(folder.isEmpty ? "" : folder + "/")\(file)"
            #expect(FileManager.default.fileExists(atPath: target), "\(path) links to \(link)")
        }
    }

    @Test("The tutorial's settings for Claude Code are taken")
    func settingsOfTutorial() async throws {
        try await withReader(in: "project") { reader in
            _ = try SampleRepository(in: reader.home)
            _ = try reader.type(Self.device)
            for block in try MarkdownFile("docs/tutorial.md").blocks where block.language == "yaml" {
                try block.text.write(toFile: "\(reader.folder)/offload.yml", atomically: true, encoding: .utf8)
                let (output, exitCode) = try reader.type("offload project add .")
                #expect(exitCode == 0, "docs/tutorial.md line \(block.line): \(output)")
            }
        }
    }

    @Test("An expected output that was not said is noticed")
    func control() {
        let shown = ExpectedOutput("ID   STATE\nt-…  completed  … x\n…\nend")
        #expect(shown.matches("\nID STATE\nt-1 completed  1.0s  x\nsome\nthing\nend\n"))
        #expect(shown.matches("ID STATE\nt-1 completed 1.0s x\nend"))
        #expect(!shown.matches("ID STATE\nt-1 failed 1.0s x\nend"))
        #expect(!shown.matches("ID STATE\nt-1 completed 1.0s y\nend"))
        #expect(!shown.matches("ID STATE\nt-1 completed 1.0s x\nend\nmore"))
        #expect(!ExpectedOutput("").matches("offload: no"))
    }

    // MARK: - A reader

    /// Someone who has just installed the program and types what a document says, in two terminals.
    private final class Reader {
        let home: String
        let folder: String
        private let environment: [String: String]
        private let shell: ShellSession
        private var deviceTerminal: OwnTerminal?

        init(home: String, folder: String) throws {
            self.home = home
            self.folder = folder
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let bin = "\(home)/bin"
            try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: "\(bin)/offload", withDestinationPath: DeviceProcess.binary)
            let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
            environment = [
                "PATH": "\(bin):\(path)", "HOME": "\(home)/home", "LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@localhost", "GIT_COMMITTER_NAME": "Ada",
                "GIT_COMMITTER_EMAIL": "ada@localhost",
                // Other tests run beside this one, so the port can't be the usual one; and nobody has Claude Code here.
                "OFFLOAD_PORT": "0", "OFFLOAD_AGENT": "sample",
            ]
            shell = try ShellSession(folder: folder, environment: environment)
        }

        func type(_ commands: String) throws -> (output: String, exitCode: Int) {
            guard commands == DocumentationTests.device else {
                let answer = try shell.run(commands)
                return (answer.output, answer.exitCode)
            }
            let terminal = try OwnTerminal(commands, folder: folder, environment: environment)
            deviceTerminal = terminal
            return (terminal.firstLine, 0)
        }

        func leave() {
            shell.close()
            if let deviceTerminal { #expect(deviceTerminal.interrupt() == 0, "Ctrl-C ends the device in order") }
        }
    }

    private func withReader(in name: String, _ body: (Reader) throws -> Void) async throws {
        try await withScratchFolder { home in
            let reader = try Reader(home: home, folder: "\(home)/\(name)")
            defer { reader.leave() }
            try body(reader)
        }
    }
}
