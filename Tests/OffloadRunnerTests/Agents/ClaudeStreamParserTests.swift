import Foundation
import OffloadDomain
import Testing

@testable import OffloadRunner

/// Reads lines with a parser; each string is one line.
private func events(_ lines: String..., permissionMode: String = "acceptEdits") -> [AgentEvent] {
    read(lines.map { $0 + "\n" }.joined(), permissionMode)
}

private func read(_ text: String, _ permissionMode: String = "acceptEdits") -> [AgentEvent] {
    var parser = ClaudeStreamParser(permissionMode: permissionMode)
    var splitter = LineSplitter()
    var events: [AgentEvent] = []
    Array(text.utf8).withUnsafeBytes { splitter.push($0) { events += parser.events(from: $0) } }
    splitter.finish { events += parser.events(from: $0) }
    return events
}

private func end(_ line: String, after lines: String...) throws -> AgentEvent.End {
    let all = read((lines + [line]).map { $0 + "\n" }.joined())
    guard case .ended(let end) = try #require(all.last) else {
        Issue.record("no end in \(all)")
        return AgentEvent.End(failure: nil, report: RunReport())
    }
    return end
}

@Suite struct ClaudeStreamParserTests {
    @Test func aRunThatWritesAFile() {
        let all = events(
            #"{"type":"system","subtype":"init","session_id":"s-1","cwd":"/w","model":"m-1","tools":[],"permissionMode":"x"}"#,
            #"{"type":"assistant","message":{"id":"a","content":[{"type":"text","text":"I write."}],"usage":{"input_tokens":2,"cache_read_input_tokens":10,"output_tokens":3}}}"#,
            #"{"type":"assistant","message":{"id":"a","content":[{"type":"tool_use","id":"t","name":"Write","input":{"file_path":"/w/a.txt","content":"x"}}],"usage":{"input_tokens":2,"cache_read_input_tokens":10,"output_tokens":3}}}"#,
            #"{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t","content":"created","is_error":false}]},"tool_use_result":{"type":"create","filePath":"/w/a.txt"}}"#,
            #"{"type":"assistant","message":{"id":"b","content":[{"type":"text","text":"Done."}],"usage":{"input_tokens":1,"output_tokens":1}}}"#,
            #"{"duration_ms":5,"is_error":false,"session_id":"s-1","result":"Done.","num_turns":2,"total_cost_usd":0.0012345,"usage":{"input_tokens":13,"output_tokens":4},"permission_denials":[],"subtype":"success","type":"result"}"#
        )
        #expect(
            all == [
                .started(sessionID: "s-1", model: "m-1"), .text("I write."), .usage(.init(input: 12, output: 3)),
                .toolCall(name: "Write", target: "/w/a.txt"), .toolResult(isError: false, excerpt: "created"),
                .fileChange(path: "/w/a.txt"), .text("Done."), .usage(.init(input: 13, output: 4)),
                .ended(
                    .init(
                        failure: nil,
                        report: RunReport(
                            summary: "Done.", turns: 2,
                            cost: .money(microdollars: 1235, tokens: .init(input: 13, output: 4)), sessionID: "s-1",
                            model: "m-1"))),
            ])
    }

    @Test func aUsageLimitIsNotASuccess() throws {
        let text = "You've hit your session limit · resets 1:10am (UTC)"
        let end = try end(
            #"{"type":"result","subtype":"success","is_error":true,"api_error_status":429,"num_turns":1,"total_cost_usd":0,"result":"\#(text)"}"#
        )
        #expect(end.failure == Failure(.rateLimited, text))
        #expect(end.report.cost == .money(microdollars: 0, tokens: .init(input: 0, output: 0)))
    }

    @Test func aRejectedLimitEventExplainsTheFailure() throws {
        let end = try end(
            #"{"type":"result","subtype":"success","is_error":true,"result":"no"}"#,
            after:
                #"{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":1795410000,"rateLimitType":"seven_day"}}"#
        )
        #expect(end.failure?.kind == .rateLimited)
    }

    @Test func limitsNearTheirEndAreTold() {
        func event(_ status: String) -> [AgentEvent] {
            events(
                #"{"type":"rate_limit_event","rate_limit_info":{"status":"\#(status)","resetsAt":1795410000,"rateLimitType":"five_hour"}}"#
            )
        }
        #expect(event("allowed") == [])
        #expect(
            event("allowed_warning") == [.rateLimit("five-hour limit nearly reached, resets at 2026-11-23T05:00:00Z")])
        #expect(event("rejected") == [.rateLimit("five-hour limit reached, resets at 2026-11-23T05:00:00Z")])
    }

    @Test func refusedToolsAreNamed() throws {
        let denials =
            #"[{"tool_name":"Bash","tool_use_id":"1","tool_input":{}},{"tool_name":"Write"},{"tool_name":"Bash"}]"#
        let end = try end(
            #"{"type":"result","subtype":"success","is_error":false,"result":"Done","permission_denials":\#(denials)}"#)
        #expect(end.failure?.kind == .permissionDenied)
        #expect(end.failure?.message.contains("refused Bash (2 times), Write.") == true)
        #expect(end.failure?.message.contains("acceptEdits") == true)
    }

    @Test func aQuestionThatNobodyCouldAnswerIsNoRefusal() throws {
        let end = try end(
            #"{"type":"result","subtype":"success","is_error":false,"permission_denials":[{"tool_name":"AskUserQuestion"}]}"#
        )
        #expect(end.failure == nil)
    }

    @Test(arguments: [
        (
            #""subtype":"error_max_turns","is_error":true,"num_turns":7"#, Failure.Kind.agent,
            "turns before it was done (after 7 turns)"
        ),
        (#""subtype":"error_max_budget_usd","is_error":true"#, .agent, "budget"),
        (#""subtype":"error_during_execution","is_error":true,"errors":["boom","bang"]"#, .agent, "boom\nbang"),
        (#""subtype":"error_during_execution","is_error":false"#, .agent, "did not say which"),
        (#""subtype":"error_max_structured_output_retries","is_error":true"#, .agent, "form"),
        (
            #""subtype":"success","is_error":true,"api_error_status":401,"result":"Invalid API key"# + "\"", .agent,
            "not logged in on this device: Invalid API key"
        ),
        (#""subtype":"success","is_error":true,"terminal_reason":"prompt_too_long""#, .agent, "context"),
        (#""subtype":"success","is_error":true,"result":"It broke""#, .agent, "It broke"),
        (#""subtype":"success","result":"Fine""#, .agent, "did not say whether it succeeded"),
        (#""subtype":"something_new","is_error":true"#, .agent, "something_new"),
        (#""is_error":true"#, .agent, "did not say why"),
    ])
    func failures(_ fields: String, _ kind: Failure.Kind, _ words: String) throws {
        let failure = try #require(try end(#"{"type":"result",\#(fields)}"#).failure)
        #expect(failure.kind == kind)
        #expect(failure.message.contains(words), "\(failure.message)")
    }

    @Test(arguments: [
        (
            #","total_cost_usd":0.5,"usage":{"input_tokens":1,"output_tokens":2}"#,
            Cost.money(microdollars: 500_000, tokens: .init(input: 1, output: 2))
        ),
        (#","usage":{"input_tokens":1,"output_tokens":2}"#, .tokens(.init(input: 1, output: 2))),
        ("", .unknown),
        (#","total_cost_usd":"free""#, .unknown),
        (#","total_cost_usd":1e300"#, .unknown),
    ])
    func costIsThreeValued(_ fields: String, _ cost: Cost) throws {
        #expect(try end(#"{"type":"result","subtype":"success","is_error":false\#(fields)}"#).report.cost == cost)
    }

    @Test func whatIsNoProtocolIsKeptAsText() {
        #expect(events("npm warn old lockfile") == [.unknown("npm warn old lockfile")])
        #expect(events("{\"type\": ") == [.unknown("{\"type\": ")])
        #expect(events("[1,2]") == [.unknown("[1,2]")])
        #expect(events(#"{"no":"type"}"#) == [.unknown(#"{"no":"type"}"#)])
        #expect(events(#"{"type":"brand_new","x":1}"#) == [.unknown(#"{"type":"brand_new","x":1}"#)])
        #expect(events("", "   ", "\t") == [])
        #expect(events(#"{"type":"stream_event","event":{}}"#, #"{"type":"system","subtype":"status"}"#) == [])
    }

    @Test(arguments: [
        #"{"type":"assistant"}"#, #"{"type":"assistant","message":null}"#, #"{"type":"assistant","message":7}"#,
        #"{"type":"assistant","message":{"content":{"a":1}}}"#,
        #"{"type":"assistant","message":{"content":[1,null,"x",[]]}}"#,
        #"{"type":"user","message":{"content":"text"},"tool_use_result":"Error: no"}"#,
        #"{"type":"assistant","message":{"content":[{"type":"thinking","thinking":"…"}],"usage":"none"}}"#,
        #"{"type":"rate_limit_event"}"#,
    ])
    func strangeShapesSayNothing(_ line: String) {
        #expect(events(line) == [])
    }

    @Test func strangeShapesOfAResultStillEndTheRun() throws {
        let failure = try end(
            #"{"type":"result","subtype":3,"is_error":"no","permission_denials":{},"errors":"x","usage":[]}"#
        ).failure
        #expect(failure?.kind == .agent)
    }

    @Test func invalidUTF8IsShownAsText() {
        var parser = ClaudeStreamParser(permissionMode: "x")
        var splitter = LineSplitter()
        var all: [AgentEvent] = []
        ([0xff, 0x41, 0x0a] as [UInt8]).withUnsafeBytes { splitter.push($0) { all += parser.events(from: $0) } }
        #expect(all == [.unknown("\u{FFFD}A")])
    }

    @Test func aLineThatWasCutIsKeptAsText() {
        var parser = ClaudeStreamParser(permissionMode: "x")
        var splitter = LineSplitter(limit: 20)
        var all: [AgentEvent] = []
        Array((#"{"type":"result","subtype":"success"}"# + "\n").utf8)
            .withUnsafeBytes { splitter.push($0) { all += parser.events(from: $0) } }
        #expect(all == [.unknown(#"{"type":"result","su"#)])
    }

    @Test func summariesAreCutBetweenCharacters() throws {
        let text = String(repeating: "ä", count: 3_000)
        let report = try end(#"{"type":"result","subtype":"success","is_error":false,"result":"\#(text)"}"#).report
        #expect(report.summary == String(repeating: "ä", count: 2_000))
    }

    // MARK: Recordings of the real program

    private struct Recording {
        var text = ""
        var ending: AgentEvent.End?
        var changedFiles: [String] = []
        var unknown: [String] = []
    }

    private func recording(_ name: String) throws -> Recording {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Support/claude-recordings/\(name).jsonl").standardized
        var recording = Recording()
        for event in read(try String(contentsOf: file, encoding: .utf8)) {
            switch event {
            case .ended(let end): recording.ending = end
            case .fileChange(let path): recording.changedFiles.append(path)
            case .unknown(let line): recording.unknown.append(line)
            default: break
            }
            recording.text += event.logText
        }
        return recording
    }

    @Test(arguments: [
        ("write-file", ["hello.txt"]), ("edit-two-files", ["first.txt", "second.txt"]), ("big-tool-output", []),
    ])
    func recordedSuccesses(_ name: String, _ changed: [String]) throws {
        let recording = try recording(name)
        #expect(recording.ending?.failure == nil)
        #expect(recording.ending?.report.summary == "Done: \(name).")
        #expect(recording.changedFiles == changed)
        #expect(recording.unknown == [])
        #expect(recording.text.contains("[done] Done: \(name)."))
        guard case .money(let microdollars, _)? = recording.ending?.report.cost else { throw CancellationError() }
        #expect(microdollars > 0)
    }

    @Test(arguments: [
        ("api-error-400", Failure.Kind.agent, "400"), ("api-error-401", .agent, "not logged in"),
        ("not-logged-in", .agent, "not logged in"), ("api-error-500-retried", .agent, "500"),
        ("usage-limit", .rateLimited, "5-hour limit"), ("usage-limit-api-key", .rateLimited, "429"),
        ("max-turns", .agent, "turns"), ("denied", .permissionDenied, "Bash"),
        ("denied-outside", .permissionDenied, "Write"), ("hang-interrupted", .agent, "error"),
        ("unknown-session", .agent, "No conversation found"),
    ])
    func recordedFailures(_ name: String, _ kind: Failure.Kind, _ words: String) throws {
        let recording = try recording(name)
        let failure = try #require(recording.ending?.failure)
        #expect(failure.kind == kind)
        #expect(failure.message.contains(words), "\(failure.message)")
        #expect(recording.unknown == [])
    }

    @Test func aTerminatedRunHasNoLastWord() throws {
        #expect(try recording("hang-terminated").ending == nil)
    }
}
