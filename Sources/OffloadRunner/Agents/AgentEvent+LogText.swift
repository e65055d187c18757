internal import OffloadDomain

extension AgentEvent {
    /// The event as a person reads it in a log: whole lines, or nothing.
    var logText: String {
        switch self {
        case .started(let session, let model):
            line("started", [model, session.map { "session \($0)" }].compactMap(\.self).joined(separator: ", "))
        case .text(let text): text.hasSuffix("\n") ? text : text + "\n"
        case .toolCall(let name, let target): line("→ \(name)", target ?? "")
        case .toolResult(let isError, let excerpt):
            line(isError ? "✗" : "←", excerpt)
        case .fileChange(let path): line("changed", path)
        // A running total belongs into the report, not between the lines.
        case .usage: ""
        case .rateLimit(let text): line("limit", text)
        case .ended(let end):
            if let failure = end.failure { line("failed", failure.message) } else { line("done", end.report.summary) }
        case .unknown(let text): text + "\n"
        }
    }

    private func line(_ head: String, _ rest: String) -> String {
        rest.isEmpty ? "[\(head)]\n" : "[\(head)] \(rest.replacing("\n", with: "\n    "))\n"
    }
}
