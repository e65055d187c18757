import OffloadDomain
import Testing

@testable import OffloadRunner

struct ToolRunnerTests {
    @Test("No short-lived tool's words are lost, however many run at once")
    func nothingIsLost() async throws {
        let runner = SubprocessToolRunner()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<400 {
                if number >= 8 { try await group.next() }
                group.addTask {
                    let result = try await runner.run(
                        ToolCall("/bin/sh", ["-c", "echo \(number); echo oops >&2; exit 3"]))
                    #expect(result == ToolResult(exitCode: 3, output: Array("\(number)\n".utf8), message: "oops\n"))
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("A tool gets exactly the environment and the input that it is given")
    func environmentAndInput() async throws {
        let call = ToolCall(
            "/bin/sh", ["-c", "env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD=; cat"],
            environment: ["FIRST": "1", "SECOND": "two words"], input: Array("typed".utf8))
        let text = try await SubprocessToolRunner().run(call).text
        #expect(text.split(separator: "\n").sorted() == ["FIRST=1", "SECOND=two words", "typed"])
    }

    @Test("A tool that writes too much or does not exist is an error that says so")
    func failures() async throws {
        let runner = SubprocessToolRunner()
        await #expect(throws: OffloadError.self) {
            try await runner.run(ToolCall("/bin/sh", ["-c", "head -c 100000 /dev/zero"], outputLimit: 1_000))
        }
        await #expect(throws: OffloadError.self) { try await runner.run(ToolCall("/nonexistent", [])) }
    }
}
