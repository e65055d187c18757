import Foundation
import OffloadDomain
import Testing

@testable import OffloadRunner

private let success = #"{"type":"result","subtype":"success","is_error":false,"result":"All done","num_turns":1}"#

extension ProcessSuites {
    @Suite(.serialized) struct ProcessAgentRunnerTests {
        private func run(
            _ runner: ProcessAgentRunner, _ settings: ProjectSettings, content: String = "Do it.",
            requirementPath: String? = nil, stop: AsyncStream<StopReason> = AsyncStream { _ in },
            started: @escaping @Sendable (String) async -> Void = { _ in }, diary: Diary<AgentEvent> = Diary()
        ) async throws -> (run: AgentRun, order: AttemptOrder, events: [AgentEvent]) {
            let order = AgentWorld.order(settings, content: content)
            let workspace = try AgentWorld.workspace(order, requirementPath: requirementPath)
            let run = await runner.runAgent(
                order, in: workspace, stop: stop, started: started, observe: { diary.write($0) })
            #expect(try ProcessWorld.survivors(of: order.key) == [])
            return (run, order, diary.entries)
        }

        private func command(_ script: String) -> ProjectSettings {
            ProjectSettings(command: ["sh", "-c", script], workspace: .none)
        }

        // MARK: Plain commands

        @Test func aSilentCommandTouchesNoFile() async throws {
            let (run, order, events) = try await run(
                AgentWorld.runner(), ProjectSettings(command: ["true"], workspace: .none))
            #expect(run == AgentRun(ending: .succeeded, report: RunReport()))
            #expect(events == [])
            #expect(try AgentWorld.log(order) == "")
            let folder = try AgentWorld.logs.reader(.log, of: order.key).read(from: 0, limit: 1)
            #expect(folder.total == 0)
        }

        @Test func aCommandsOutputIsItsLog() async throws {
            let (run, order, _) = try await run(
                AgentWorld.runner(), command("cat; echo; echo bad >&2; pwd"), content: "the task")
            #expect(run.ending == .succeeded)
            let log = try AgentWorld.log(order)
            #expect(log.hasPrefix("the task\nbad\n/"))
            #expect(try AgentWorld.log(order, .transcript) == "")
        }

        @Test func aFailedCommandTellsItsStatusAndItsLastLines() async throws {
            let (run, _, _) = try await run(
                AgentWorld.runner(), command("for i in 1 2 3 4 5 6 7 8; do echo line $i; done; echo oops >&2; exit 3"))
            guard case .failed(let failure) = run.ending else { throw CancellationError() }
            #expect(failure.kind == .agent)
            #expect(failure.message.contains("exit status 3"))
            #expect(failure.message.hasSuffix("line 5\nline 6\nline 7\nline 8\noops"))
        }

        @Test func aMissingProgramIsAFailedRun() async throws {
            let (run, _, _) = try await run(
                AgentWorld.runner(), ProjectSettings(command: ["no-such-program"], workspace: .none),
                started: { _ in Issue.record("nothing was started") })
            guard case .failed(let failure) = run.ending else { throw CancellationError() }
            #expect(failure.kind == .agentMissing)
            #expect(failure.message.contains("no-such-program"))
        }

        @Test func aProgramThatCannotRunIsAFailedRun() async throws {
            let folder = try ProcessWorld.newFolder()
            try "#!/no/such/interpreter\n".write(toFile: "\(folder)/agent", atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(folder)/agent")
            let (run, _, _) = try await run(
                AgentWorld.runner(), ProjectSettings(command: ["\(folder)/agent"], workspace: .none))
            guard case .failed(let failure) = run.ending else { throw CancellationError() }
            #expect(failure.kind == .agentMissing)
        }

        @Test func whatACommandLeavesIsEndedAndCounted() async throws {
            let (run, order, _) = try await run(AgentWorld.runner(), command("setsid sleep 1000 & sleep 0.1"))
            #expect(run.ending == .succeeded)
            #expect(run.report.processesEnded == 1)
            #expect(try AgentWorld.log(order).contains("ended 1 processes"))
        }

        @Test func aLogThatCouldNotBeWrittenIsToldOf() async throws {
            let nowhere = AttemptLogs { _ in "/dev/null/nowhere" }
            let (run, _, _) = try await run(AgentWorld.runner(logs: nowhere), command("echo hello"))
            #expect(run.ending == .succeeded)
            #expect(run.report.summary.hasPrefix("[6 bytes of the log could not be written: "))
        }

        @Test(arguments: [StopReason.cancelled, .shutdown]) func aStopIsTold(_ reason: StopReason) async throws {
            let (stop, continuation) = AsyncStream.makeStream(of: StopReason.self)
            let (run, _, _) = try await run(AgentWorld.runner(), command("sleep 1000"), stop: stop) { _ in
                continuation.yield(reason)
            }
            #expect(run.ending == .stopped(reason))
        }

        @Test func silenceAndTimeAreLimited() async throws {
            var silent = command("echo I think; sleep 1000")
            silent.silenceLimit = .milliseconds(300)
            let (first, _, _) = try await run(AgentWorld.runner(), silent)
            guard case .failed(let failure) = first.ending else { throw CancellationError() }
            #expect(failure.kind == .silent)
            #expect(failure.message.contains("0.3 seconds"))
            #expect(failure.message.hasSuffix("I think"))

            var long = command("while :; do echo; sleep 0.02; done")
            long.timeLimit = .milliseconds(300)
            let (second, _, _) = try await run(AgentWorld.runner(), long)
            guard case .failed(let failure) = second.ending else { throw CancellationError() }
            #expect(failure.kind == .timeLimit)
        }

        // MARK: Agents with a protocol

        @Test func eventsAreObservedRenderedAndKept() async throws {
            let script = """
                read -r task
                echo '{"type":"system","subtype":"init","session_id":"s-9","model":"m-9"}'
                echo "careful" >&2
                echo '{"type":"assistant","message":{"id":"1","content":[{"type":"text","text":"'"$task"'"},{"type":"tool_use","name":"Read","input":{"file_path":"a"}}]}}'
                echo not json
                echo '\(success)'
                """
            let (run, order, events) = try await run(
                AgentWorld.runner(defaultAgent: "scripted", catalog: AgentWorld.scripted(script)), .defaults,
                content: "Sing\n")
            #expect(run.ending == .succeeded)
            #expect(run.report == RunReport(summary: "All done", turns: 1, sessionID: "s-9", model: "m-9"))
            #expect(
                events.dropLast() == [
                    .started(sessionID: "s-9", model: "m-9"), .text("Sing"), .toolCall(name: "Read", target: "a"),
                    .unknown("not json"),
                ])
            let log = try AgentWorld.log(order)
            for line in [
                "[started] m-9, session s-9\n", "careful\n", "Sing\n", "[→ Read] a\n", "not json\n",
                "[done] All done\n",
            ] {
                #expect(log.contains(line), "\(log)")
            }
            let transcript = try AgentWorld.log(order, .transcript)
            #expect(transcript.hasSuffix("\(success)\n"))
            #expect(transcript.split(separator: "\n").count == 4)
        }

        @Test func theExitStatusDoesNotCount() async throws {
            let (good, _, _) = try await run(
                AgentWorld.runner(defaultAgent: "scripted", catalog: AgentWorld.scripted("echo '\(success)'; exit 1")),
                .defaults)
            #expect(good.ending == .succeeded)
            let failure = #"{"type":"result","subtype":"success","is_error":true,"result":"No"}"#
            let (bad, _, _) = try await run(
                AgentWorld.runner(defaultAgent: "scripted", catalog: AgentWorld.scripted("echo '\(failure)'; exit 0")),
                .defaults)
            #expect(bad.ending == .failed(Failure(.agent, "No")))
        }

        @Test func theLastLineNeedsNoEnd() async throws {
            let (run, _, _) = try await run(
                AgentWorld.runner(defaultAgent: "scripted", catalog: AgentWorld.scripted("printf '%s' '\(success)'")),
                .defaults)
            #expect(run.ending == .succeeded)
        }

        @Test func anAgentThatStaysAfterItsLastWordHasSucceeded() async throws {
            let script = "trap '' TERM; echo '\(success)'; while :; do sleep 1000; done"
            let (run, _, _) = try await run(
                AgentWorld.runner(defaultAgent: "scripted", catalog: AgentWorld.scripted(script)), .defaults)
            #expect(run.ending == .succeeded)
        }

        @Test func aStopAfterTheLastWordOnlyHurries() async throws {
            let (stop, continuation) = AsyncStream.makeStream(of: StopReason.self)
            let order = AgentWorld.order()
            let runner = AgentWorld.runner(
                defaultAgent: "scripted", catalog: AgentWorld.scripted("echo '\(success)'; sleep 1000"),
                lingering: .seconds(1_000))
            let workspace = try AgentWorld.workspace(order)
            let run = await runner.runAgent(order, in: workspace, stop: stop, started: { _ in }) { event in
                if case .ended = event { continuation.yield(.cancelled) }
            }
            #expect(run.ending == .succeeded)
        }

        @Test func aLastWordAfterTheStopDoesNotCount() async throws {
            let (stop, continuation) = AsyncStream.makeStream(of: StopReason.self)
            let script = "trap 'echo \"$LAST\"; exit 0' TERM; echo ready; while :; do sleep 0.01; done"
            let order = AgentWorld.order()
            let runner = AgentWorld.runner(
                environment: ["PATH": "/bin:/usr/bin", "LAST": success], defaultAgent: "scripted",
                catalog: AgentWorld.scripted(script))
            let run = await runner.runAgent(order, in: try AgentWorld.workspace(order), stop: stop, started: { _ in }) {
                event in
                if event == .unknown("ready") { continuation.yield(.cancelled) }
            }
            #expect(run.ending == .stopped(.cancelled))
        }

        @Test func anAgentThatEndsWithoutAWordHasFailed() async throws {
            let (run, _, _) = try await run(
                AgentWorld.runner(
                    defaultAgent: "scripted",
                    catalog: AgentWorld.scripted("echo hello; echo 'cannot reach it' >&2; exit 0")),
                .defaults)
            guard case .failed(let failure) = run.ending else { throw CancellationError() }
            #expect(failure.kind == .agentEndedEarly)
            #expect(failure.message.contains("exit status 0"))
            #expect(failure.message.contains("hello"))
            #expect(failure.message.contains("cannot reach it"))
        }

        @Test func whatWasUsedIsReportedWithoutALastWordToo() async throws {
            let line =
                #"{"type":"assistant","message":{"id":"1","content":[],"usage":{"input_tokens":5,"output_tokens":6}}}"#
            let (run, _, _) = try await run(
                AgentWorld.runner(defaultAgent: "scripted", catalog: AgentWorld.scripted("echo '\(line)'; kill -9 $$")),
                .defaults)
            #expect(run.report.cost == .tokens(.init(input: 5, output: 6)))
            guard case .failed(let failure) = run.ending else { throw CancellationError() }
            #expect(failure.message.contains("signal 9"))
        }

        @Test func aPromptOfTenMegabytesMeetsAFlood() async throws {
            let script = "head -c 20000000 /dev/zero | tr '\\0' 'x'; echo; wc -c; echo '\(success)'"
            let (run, order, _) = try await run(
                AgentWorld.runner(defaultAgent: "scripted", catalog: AgentWorld.scripted(script)), .defaults,
                content: String(repeating: "p", count: 10 << 20))
            #expect(run.ending == .succeeded)
            #expect(try AgentWorld.log(order).contains("10485760"))
        }

        // MARK: Crash points

        @Test func crashPointsComeInOrder() async throws {
            let diary = Diary<CrashPlace>()
            _ = try await run(
                AgentWorld.runner(crashPoint: DiaryCrashPoint(diary: diary)),
                ProjectSettings(command: ["true"], workspace: .none),
                started: { _ in diary.write(.attemptAfterRunningRecorded) })
            #expect(
                diary.entries == [
                    .attemptBeforeSpawn, .attemptAfterSpawn, .attemptAfterRunningRecorded, .attemptAfterAgentEnded,
                    .attemptAfterSweep,
                ])
        }

        // MARK: Commands of the project

        @Test func aCommandAddsToTheAttemptsLog() async throws {
            let order = AgentWorld.order(command("echo agent"))
            let workspace = try AgentWorld.workspace(order)
            let runner = AgentWorld.runner()
            let setup = await runner.runCommand(
                "echo one && pwd", name: "setup", of: order, in: workspace, stop: AsyncStream { _ in })
            #expect(setup.ending == .succeeded)
            _ = await runner.runAgent(
                order, in: workspace, stop: AsyncStream { _ in }, started: { _ in }, observe: { _ in })
            let check = await runner.runCommand(
                "exit 0", name: "check", of: order, in: workspace, stop: AsyncStream { _ in })
            #expect(check.ending == .succeeded)
            #expect(
                try AgentWorld.log(order)
                    == "\n== setup: echo one && pwd\none\n\(workspace.path)\nagent\n\n== check: exit 0\n")
        }

        @Test(arguments: [("check", Failure.Kind.checkFailed), ("setup", .setupFailed)])
        func aFailedCommandSaysWhich(_ name: String, _ kind: Failure.Kind) async throws {
            let order = AgentWorld.order()
            let run = await AgentWorld.runner().runCommand(
                "echo 3 tests failed >&2; exit 2", name: name, of: order, in: try AgentWorld.workspace(order),
                stop: AsyncStream { _ in })
            guard case .failed(let failure) = run.ending else { throw CancellationError() }
            #expect(failure.kind == kind)
            #expect(failure.message.contains("The \(name) command ended with exit status 2"))
            #expect(failure.message.hasSuffix("3 tests failed"))
        }

        @Test func aCommandIsStoppedToo() async throws {
            let (stop, continuation) = AsyncStream.makeStream(of: StopReason.self)
            continuation.yield(.shutdown)
            let order = AgentWorld.order()
            let run = await AgentWorld.runner().runCommand(
                "sleep 1000", name: "check", of: order, in: try AgentWorld.workspace(order), stop: stop)
            #expect(run.ending == .stopped(.shutdown))
            #expect(try ProcessWorld.survivors(of: order.key) == [])
        }

        @Test func aMissingWorkspaceIsAFailedRun() async throws {
            let order = AgentWorld.order(command("true"))
            let run = await AgentWorld.runner().runAgent(
                order, in: Workspace(key: order.key, path: "/nowhere", requirementPath: nil),
                stop: AsyncStream { _ in },
                started: { _ in }, observe: { _ in })
            guard case .failed(let failure) = run.ending else { throw CancellationError() }
            #expect(failure.kind == .workspace)
        }

        /// `/dev/full` takes nothing: the log's folder is a place where nothing can be written.
        @Test func aLogThatCannotBeWrittenDoesNotFailTheRun() async throws {
            let logs = AttemptLogs { _ in "/dev/null/nowhere" }
            let runner = ProcessAgentRunner(
                catalog: .standard(sampleExecutable: "/bin/sh"), keeper: ProcessWorld.keeper, logs: logs,
                environment: ["PATH": "/bin:/usr/bin"], defaultAgent: "command")
            let order = AgentWorld.order(command("echo hello"))
            let run = await runner.runAgent(
                order, in: try AgentWorld.workspace(order), stop: AsyncStream { _ in }, started: { _ in },
                observe: { _ in })
            #expect(run.ending == .succeeded)
        }
    }
}
