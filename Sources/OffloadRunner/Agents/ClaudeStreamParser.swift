#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
package import OffloadDomain

/// Understands the lines that Claude Code writes with `--output-format stream-json`, and those of agents that speak the
/// same protocol.
package struct ClaudeStreamParser: Sendable {
    /// Tools whose refusal says nothing about the work: there is nobody to ask.
    private static let harmlessDenials: Set<String> = ["AskUserQuestion"]
    /// Types of lines that carry nothing for us.
    private static let silentTypes: Set<String> = ["stream_event", "keep_alive"]

    private let advice: String
    private var sessionID: String?
    private var model: String?
    private var limitWasReached = false
    private var apiError: String?
    /// An answer comes in several lines, each with the usage of the whole answer.
    private var countedMessage: String?
    private var countedUsage = Cost.Tokens(input: 0, output: 0)
    private var earlierUsage = Cost.Tokens(input: 0, output: 0)

    /// - Parameter permissionMode: named in the message about a refused tool.
    package init(permissionMode: String) {
        advice = "The project's permission mode is \(permissionMode)"
    }

    /// What one line says; nothing for lines without interest.
    package mutating func events(from line: LineSplitter.Line) -> [AgentEvent] {
        guard line.bytes.contains(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }) else { return [] }
        guard !line.isCut, let message = try? JSONDecoder().decode(ClaudeMessage.self, from: Data(line.bytes)) else {
            return [.unknown(line.text.cut(to: 2_000))]
        }
        sessionID = message.sessionID ?? sessionID
        switch message.type {
        case "system":
            guard message.subtype == "init" else { return [] }
            model = message.model ?? model
            return [.started(sessionID: sessionID, model: model)]
        case "assistant", "user":
            if message.type == "assistant" { apiError = message.apiError }
            return message.blocks.compactMap { event($0, isAgent: message.type == "assistant") }
                + (message.changedFile.map { [.fileChange(path: $0)] } ?? [])
                + (message.type == "assistant" ? usageEvents(message) : [])
        case "rate_limit_event":
            return message.rateLimit.map { rateLimitEvents($0) } ?? []
        case "result":
            return message.result.map { [.ended(end($0, message))] } ?? []
        case let type where Self.silentTypes.contains(type):
            return []
        default:
            return [.unknown(line.text.cut(to: 2_000))]
        }
    }

    private func event(_ block: ClaudeMessage.Block, isAgent: Bool) -> AgentEvent? {
        switch block {
        // What the user says is our own requirement.
        case .text(let text): isAgent && !text.isEmpty ? .text(text) : nil
        case .toolUse(let name, let target): .toolCall(name: name, target: target?.cut(to: 500))
        case .toolResult(let isError, let text): .toolResult(isError: isError, excerpt: text.cut(to: 500))
        }
    }

    /// All tokens so far.
    private mutating func usageEvents(_ message: ClaudeMessage) -> [AgentEvent] {
        guard let usage = message.usage else { return [] }
        if message.messageID == nil || message.messageID != countedMessage {
            earlierUsage = earlierUsage + countedUsage
            countedMessage = message.messageID
        } else if usage == countedUsage {
            return []
        }
        countedUsage = usage
        return [.usage(earlierUsage + countedUsage)]
    }

    private mutating func rateLimitEvents(_ limit: ClaudeMessage.RateLimit) -> [AgentEvent] {
        guard limit.status != "allowed" else { return [] }
        if limit.status == "rejected" { limitWasReached = true }
        let name = limit.kind.map { $0.replacing("_", with: "-") + " limit" } ?? "usage limit"
        let state = limit.status == "rejected" ? "reached" : "nearly reached"
        let reset =
            limit.resetsAt.map { ", resets at \(Date(timeIntervalSince1970: Double($0)).ISO8601Format())" } ?? ""
        return [.rateLimit("\(name) \(state)\(reset)")]
    }

    // MARK: The result

    private func end(_ result: ClaudeMessage.Result, _ message: ClaudeMessage) -> AgentEvent.End {
        let report = RunReport(
            summary: (result.text ?? result.errors.joined(separator: "\n")).cut(to: RunReport.summaryLimit),
            turns: result.turns, cost: cost(result, message.usage), sessionID: sessionID, model: model
        )
        return AgentEvent.End(failure: failure(result), report: report)
    }

    private func cost(_ result: ClaudeMessage.Result, _ usage: Cost.Tokens?) -> Cost {
        let tokens = usage ?? earlierUsage + countedUsage
        if let dollars = result.costInDollars, let microdollars = Int64(exactly: (dollars * 1_000_000).rounded()) {
            return .money(microdollars: microdollars, tokens: tokens)
        }
        return tokens.input + tokens.output > 0 ? .tokens(tokens) : .unknown
    }

    private func failure(_ result: ClaudeMessage.Result) -> Failure? {
        if result.isError == false, result.subtype == "success" {
            return deniedTools(result.denials).map { Failure(.permissionDenied, $0) }
        }
        let words = [result.text, result.errors.isEmpty ? nil : result.errors.joined(separator: "\n")]
            .compactMap(\.self).first { !$0.isEmpty }?.cut(to: 1_000)
        if result.apiErrorStatus == 429 || apiError == "rate_limit" || (limitWasReached && result.subtype == "success")
        {
            return Failure(.rateLimited, words ?? "A usage limit of the agent's provider was reached.")
        }
        if result.apiErrorStatus == 401 || result.apiErrorStatus == 403 || apiError == "authentication_failed" {
            return Failure(
                .agent,
                "The agent is not logged in on this device: \(words ?? "its provider refused it"). Run it once by hand."
            )
        }
        if result.terminalReason == "prompt_too_long" {
            return Failure(.agent, "The requirement and what the agent read no longer fit into its context.")
        }
        let turns = result.turns.map { " (after \($0) turns)" } ?? ""
        return switch result.subtype {
        case "error_max_turns": Failure(.agent, "The agent used up its turns before it was done\(turns).")
        case "error_max_budget_usd": Failure(.agent, "The agent used up its budget before it was done\(turns).")
        case "error_max_structured_output_retries":
            Failure(.agent, "The agent could not bring its answer into the form that was asked for\(turns).")
        case "error_during_execution":
            Failure(.agent, "The agent stopped with an error\(turns): \(words ?? "it did not say which")")
        case "success" where result.isError == nil:
            Failure(.agent, "The agent did not say whether it succeeded: \(words ?? "no further words")")
        default: Failure(.agent, words ?? "The agent failed (\(result.subtype)) and did not say why.")
        }
    }

    private func deniedTools(_ denials: [String]) -> String? {
        var counts: [(name: String, count: Int)] = []
        for name in denials where !Self.harmlessDenials.contains(name) {
            if let index = counts.firstIndex(where: { $0.name == name }) {
                counts[index].count += 1
            } else {
                counts.append((name, 1))
            }
        }
        guard !counts.isEmpty else { return nil }
        let names = counts.map { $0.count == 1 ? $0.name : "\($0.name) (\($0.count) times)" }
        return
            "The agent was refused \(names.joined(separator: ", ")). \(advice): allow what it needs in Claude Code's "
            + "settings or set `permissionMode:` in offload.yml."
    }
}

extension Cost.Tokens {
    fileprivate static func + (left: Self, right: Self) -> Self {
        Self(input: left.input + right.input, output: left.output + right.output)
    }
}

extension String {
    /// At most so many bytes, without half a character at the end.
    func cut(to limit: Int) -> String {
        guard utf8.count > limit else { return self }
        return String(decoding: Array(utf8.prefix(limit))[...].droppingPartialCharacter(), as: UTF8.self)
    }
}
