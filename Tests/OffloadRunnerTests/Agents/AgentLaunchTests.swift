import Foundation
import OffloadDomain
import Testing

@testable import OffloadRunner

/// Which program an agent is, with which arguments, input and environment.
@Suite struct AgentLaunchTests {
    private func order(
        _ settings: ProjectSettings = .defaults, content: String = "Do it."
    ) -> AttemptOrder { AgentWorld.order(settings, content: content) }

    private func invocation(
        _ definition: AgentDefinition, _ settings: ProjectSettings = .defaults,
        requirementPath: String? = "/w/.claude/r.md"
    ) -> AgentInvocation {
        let order = order(settings)
        return AgentInvocation(
            definition, program: "/bin/agent", order: order,
            workspace: Workspace(key: order.key, path: "/w", requirementPath: requirementPath))
    }

    @Test func claude() {
        let invocation = invocation(.claude)
        #expect(
            invocation.arguments == [
                "-p", "--output-format", "stream-json", "--verbose", "--permission-mode", "acceptEdits",
                "--disallowedTools", "AskUserQuestion",
            ])
        #expect(invocation.input == Array("Do it.".utf8))
        #expect(invocation.program == "/bin/agent")
    }

    @Test func claudeWithAModelAndAMode() {
        var settings = ProjectSettings()
        settings.model = "opus"
        settings.permissionMode = "plan"
        #expect(
            invocation(.claude, settings).arguments == [
                "-p", "--output-format", "stream-json", "--verbose", "--permission-mode", "plan", "--model", "opus",
                "--disallowedTools", "AskUserQuestion",
            ])
    }

    @Test func commandGetsTheRequirementsPath() {
        let settings = ProjectSettings(command: ["agent", "--file={requirement}", "{requirement}", "{other}", ""])
        let invocation = invocation(.command, settings)
        #expect(invocation.arguments == ["--file=/w/.claude/r.md", "/w/.claude/r.md", "{other}", ""])
        #expect(invocation.input == [])
    }

    @Test func commandWithoutAWorkspaceGetsTheRequirementOnStandardInput() {
        let settings = ProjectSettings(command: ["agent", "{requirement}"], workspace: .none)
        let invocation = invocation(.command, settings, requirementPath: nil)
        #expect(invocation.arguments == ["/dev/stdin"])
        #expect(invocation.input == Array("Do it.".utf8))
    }

    @Test func aPromptCanBeTheLastArgument() {
        let definition = AgentDefinition(
            name: "x", program: .path("/x"), arguments: [.text("exec")], prompt: .argument, output: .plain, advice: "")
        #expect(invocation(definition).arguments == ["exec", "Do it."])
        #expect(invocation(definition).input == [])
    }

    @Test func sample() {
        let invocation = invocation(.sample(executable: "/opt/offload"))
        #expect(invocation.arguments == ["sample-agent"])
        #expect(invocation.input == Array("Do it.".utf8))
    }

    @Test func agentsGetNoneOfOurOwnVariables() {
        let environment = ChildEnvironment(
            [
                "PATH": "/bin", "BRIDGE_API_KEY": "secret", "OFFLOAD_PORT": "1", "OFFLOAD_ATTEMPT_MARKER": "outer",
                "CLAUDECODE": "1", "CLAUDE_CODE_SSE_PORT": "2", "CLAUDE_CODE_OAUTH_TOKEN": "kept", "PWD": "/elsewhere",
            ], removing: AgentDefinition.claude.removedVariables)
        let rows = environment.variables(in: "/w").map { String(decoding: $0.row.dropLast(), as: UTF8.self) }
        #expect(rows == ["CLAUDE_CODE_OAUTH_TOKEN=kept", "PATH=/bin", "PWD=/w"])
    }

    @Test func everyRowOfAnEnvironmentEndsInOneZeroByte() {
        #expect(EnvironmentVariable("A", "b").row == Array("A=b\0".utf8))
        #expect(EnvironmentVariable("A", "b\0c").row == Array("A=b\0".utf8))
        #expect(EnvironmentVariable("A", "").row == Array("A=\0".utf8))
    }

    // MARK: Finding programs

    private func locator(path: String, home: String = "/nowhere") -> AgentLocator {
        let environment = ["PATH": path, "HOME": home]
        return AgentLocator(
            catalog: .standard(sampleExecutable: "/bin/sh"), finder: ProgramFinder(environment: environment),
            environment: environment)
    }

    private func program(_ name: String, in folder: String) throws -> String {
        let path = "\(folder)/\(name)"
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try "#!/bin/sh\n".write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    @Test func thePathIsSearchedInOrder() throws {
        let (first, second) = (try ProcessWorld.newFolder(), try ProcessWorld.newFolder())
        let later = try program("claude", in: second)
        #expect(try locator(path: "\(first):\(second)").find("claude", settings: .defaults, from: nil).program == later)
        // A folder of that name, and a file that is no program, are passed over.
        try FileManager.default.createDirectory(atPath: "\(first)/claude", withIntermediateDirectories: false)
        #expect(try locator(path: "\(first):\(second)").find("claude", settings: .defaults, from: nil).program == later)
        try FileManager.default.removeItem(atPath: "\(first)/claude")
        let earlier = try program("claude", in: first)
        #expect(
            try locator(path: "\(first):\(second)").find("claude", settings: .defaults, from: nil).program == earlier)
    }

    @Test func aRelativeEntryOfThePathIsNotUsed() throws {
        let folder = try ProcessWorld.newFolder()
        _ = try program("claude", in: folder)
        let relative = String(folder.dropFirst())
        #expect(throws: AgentLocator.Problem.self) {
            try locator(path: ".:\(relative):").find("claude", settings: .defaults, from: folder)
        }
    }

    @Test func candidatesAreTriedAfterThePath() throws {
        let home = try ProcessWorld.newFolder()
        let path = try program(".local/bin/claude", in: home)
        #expect(
            try locator(path: "/nowhere", home: home).find("claude", settings: .defaults, from: nil).program == path)
    }

    @Test func aPathOfTheProjectIsTakenFromTheWorkspace() throws {
        let workspace = try ProcessWorld.newFolder()
        let path = try program("tools/agent", in: workspace)
        let settings = ProjectSettings(command: ["./tools/agent"])
        let found = try locator(path: "/bin").find("command", settings: settings, from: workspace)
        #expect(found.program == "\(workspace)/./tools/agent")
        #expect(FileManager.default.isExecutableFile(atPath: path))
        // Before there is a workspace nobody can say that it is missing.
        #expect(try locator(path: "/bin").find("command", settings: settings, from: nil).program == "./tools/agent")
    }

    @Test(arguments: [
        (
            "claude", ProjectSettings(),
            ["claude in PATH (/nowhere)", "~/.local/bin/claude", "Install Claude Code", "`agent:`"]
        ),
        ("nobody", ProjectSettings(), ["\"nobody\"", "claude, command, sample"]),
        ("command", ProjectSettings(), ["`command:`", "offload.yml"]),
        ("command", ProjectSettings(command: ["frobnicate"]), ["frobnicate in PATH (/nowhere)", "`command:`"]),
        ("command", ProjectSettings(command: ["/no/frob"]), ["/no/frob"]),
    ])
    func problemsSayWhatToDo(_ name: String, _ settings: ProjectSettings, _ words: [String]) async throws {
        let message = try #require(
            await AgentWorld.runner(environment: ["PATH": "/nowhere"]).problem(withAgent: name, settings: settings))
        for word in words { #expect(message.contains(word), "\(message)") }
    }

    @Test func anAgentThatIsThereIsNoProblem() async {
        let settings = ProjectSettings(command: ["sh"])
        #expect(await AgentWorld.runner().problem(withAgent: "command", settings: settings) == nil)
    }

    @Test(.enabled(if: geteuid() == 0)) func rootCannotBypassPermissions() async throws {
        let home = try ProcessWorld.newFolder()
        _ = try program(".local/bin/claude", in: home)
        let settings = ProjectSettings(permissionMode: "bypassPermissions")
        let plain = AgentWorld.runner(environment: ["HOME": home])
        #expect(await plain.problem(withAgent: "claude", settings: settings)?.contains("IS_SANDBOX") == true)
        let sandboxed = AgentWorld.runner(environment: ["HOME": home, "IS_SANDBOX": "1"])
        #expect(await sandboxed.problem(withAgent: "claude", settings: settings) == nil)
        #expect(await plain.problem(withAgent: "claude", settings: .defaults) == nil)
    }
}
