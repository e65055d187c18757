import Foundation
import OffloadClient
import OffloadWire
import Testing

/// The real Claude Code CLI, offline: its Messages API is a stand-in on loopback.
///
/// `scripts/test` installs the CLI and names it in `OFFLOAD_CLAUDE`; where it can't be had these tests are skipped, and the
/// script prints the reason.
@Suite("Claude Code", .serialized, .enabled(if: ClaudeCLI.path != nil, "OFFLOAD_CLAUDE names no CLI"))
struct ClaudeTests {
    @Test("It writes a file, and what it says of itself is kept")
    func success() async throws {
        try await withClaude { device, repository in
            let task = try await run(
                "SCENARIO: write-file\nFILE: hello.txt\nCONTENT: good morning", device, repository)
            #expect(task.status == "completed", "\(String(describing: task.error))")
            let attempt = try #require(task.attempts.last)
            let branch = try #require(attempt.result?.branch)
            #expect(try repository.git("show", "\(branch):hello.txt").hasPrefix("good morning"))
            #expect(attempt.sessionId?.isEmpty == false)
            #expect((attempt.turns ?? 0) > 0)
            #expect(attempt.cost?.kind == "money")
            #expect(attempt.summary?.isEmpty == false)
            let log = try device.offload(["logs", task.id])
            #expect(log.output.contains("hello.txt"))
        }
    }

    @Test("An API failure is a failure although the CLI calls its subtype success")
    func apiFailure() async throws {
        try await withClaude { device, repository in
            let task = try await run("SCENARIO: api-error\nSTATUS: 400", device, repository)
            #expect(task.status == "failed")
            #expect(task.error?.kind == "agent")
        }
    }

    @Test("A denied tool is a failure although the CLI exits with 0")
    func denied() async throws {
        try await withClaude { device, repository in
            let task = try await run("SCENARIO: denied", device, repository)
            #expect(task.status == "failed")
            #expect(task.error?.kind == "permission_denied")
        }
    }

    @Test("A hang is ended by the watchdog, and nothing survives")
    func hang() async throws {
        try await withClaude(settings: "silenceSeconds: 3\n") { device, repository in
            let task = try await run("SCENARIO: hang", device, repository)
            #expect(task.status == "failed")
            #expect(task.error?.kind == "silent")
            #expect(Survivors.carrying("CANARY=\(device.folder)").allSatisfy { $0.contains(" serve") })
        }
    }

    @Test("A cancelled run ends, and nothing survives")
    func cancel() async throws {
        try await withClaude { device, repository in
            let id = try await queue("SCENARIO: hang", device, repository)
            let task = try await device.with { client -> TaskView in
                var asked = false
                try await client.events { _ in
                    let task: TaskView = try await client.get("/api/bridge/tasks/\(id)")
                    if task.status == "running", !asked {
                        asked = true
                        let _: TaskView = try await client.post("/api/bridge/tasks/\(id)/cancel")
                    }
                    return task.status != "cancelled"
                }
                return try await client.get("/api/bridge/tasks/\(id)")
            }
            #expect(task.status == "cancelled")
            #expect(Survivors.carrying("CANARY=\(device.folder)").allSatisfy { $0.contains(" serve") })
        }
    }

    @Test("Lines of a megabyte are taken whole")
    func hugeLines() async throws {
        try await withClaude { device, repository in
            let task = try await run(
                "SCENARIO: write-file\nFILE: large.txt\nCONTENT: 123456789\nTIMES: 100000", device, repository)
            #expect(task.status == "completed", "\(String(describing: task.error))")
            let branch = try #require(task.attempts.last?.result?.branch)
            #expect(try repository.git("cat-file", "-s", "\(branch):large.txt") == "1000000\n")
        }
    }

    // MARK: - Stage

    private func withClaude(
        settings: String = "", _ body: @Sendable (DeviceProcess, SampleRepository) async throws -> Void
    ) async throws {
        let cli = try #require(ClaudeCLI.path)
        let standIn = try StandIn()
        defer { standIn.stop() }
        try await withScratchFolder { folder in
            // A home of its own, so that nobody's credentials are ever read; a short folder for its socket.
            let device = DeviceProcess(
                folder: folder,
                environment: [
                    "PATH":
                        "\(URL(fileURLWithPath: cli).deletingLastPathComponent().path):/usr/local/bin:/usr/bin:/bin",
                    "TMPDIR": "\(folder)/home", "DISABLE_AUTOUPDATER": "1",
                    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "CLAUDE_CODE_MAX_RETRIES": "0",
                    "ANTHROPIC_BASE_URL": "http://127.0.0.1:\(standIn.port)", "ANTHROPIC_API_KEY": "dummy",
                    "CANARY": folder,
                ])
            try device.start()
            defer { device.kill() }
            let repository = try SampleRepository(in: folder, settings: "agent: claude\n\(settings)")
            #expect(try device.offload(["project", "add", repository.path]).exitCode == 0)
            try await body(device, repository)
        }
    }

    private func queue(_ prompt: String, _ device: DeviceProcess, _ repository: SampleRepository) async throws -> String
    {
        try await device.with { client in
            let project: ProjectList = try await client.get("/api/bridge/projects")
            let idea: IdeaView = try await client.post(
                "/api/bridge/ideas",
                IdeaRequest(
                    projectId: project.projects[0].id, title: "A task for the model", description: prompt,
                    status: "accepted"))
            let assigned: AssignmentView = try await client.post(
                "/api/bridge/batches/any/assign", AssignRequest(ideaIds: [idea.id]))
            let _: BatchView = try await client.post(
                "/api/bridge/batches/batch1/control", ActionRequest(action: "start"))
            return assigned.assigned[0].taskId
        }
    }

    private func run(_ prompt: String, _ device: DeviceProcess, _ repository: SampleRepository) async throws -> TaskView
    {
        let id = try await queue(prompt, device, repository)
        return try await device.with { client in
            try await client.events { _ in
                let task: TaskView = try await client.get("/api/bridge/tasks/\(id)")
                return !["completed", "failed", "cancelled"].contains(task.status)
            }
            return try await client.get("/api/bridge/tasks/\(id)")
        }
    }
}

enum ClaudeCLI {
    static let path = ProcessInfo.processInfo.environment["OFFLOAD_CLAUDE"]
}

/// The stand-in for the Messages API, in a process of its own that ends with its standard input.
final class StandIn {
    let port: Int
    private let process = Process()
    private let input = Pipe()

    init() throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "\(DeviceProcess.packageFolder)/Tests/Support/messages_stand_in.py"]
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var said = ""
        while !said.contains("\n") {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { break }
            said += String(decoding: data, as: UTF8.self)
        }
        port = said.split(separator: " ").last.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) } ?? 0
    }

    func stop() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
