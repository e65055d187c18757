import OffloadClient
import OffloadDomain
import OffloadWire

/// How results are said to people.
enum ResultText {
    static let path = "/api/bridge/offload/results"

    struct Refusal: Sendable {
        let id: String
        let error: OffloadError
    }

    /// Does something about each; what is refused keeps no other from being done.
    static func each<Value: Sendable>(
        _ ids: [String], _ body: (String) async throws -> Value
    ) async -> (done: [Value], refused: [Refusal]) {
        var done: [Value] = []
        var refused: [Refusal] = []
        for id in ids {
            do {
                done.append(try await body(id))
            } catch let error as OffloadError {
                refused.append(Refusal(id: id, error: error))
            } catch {
                refused.append(Refusal(id: id, error: OffloadError(.device, "the device did not answer: \(error)")))
            }
        }
        return (done, refused)
    }

    static func complain(_ refused: [Refusal]) throws {
        for refusal in refused {
            Terminal.complain("offload: \(refusal.id): \(TerminalText.safe(refusal.error.message))")
        }
        if !refused.isEmpty { throw Failing.refused }
    }

    static func act(_ action: String, on tasks: [String], _ device: DeviceOptions) async throws {
        let ids = try await Failing.inWords { try tasks.map { try TaskID(parsing: $0).rawValue } }
        let (changed, refused): ([ResultView], [Refusal]) = try await device.withDevice { client in
            await each(ids) { try await client.post("\(path)/\($0)/\(action)") }
        }
        try device.rendering.show(changed) { _ in
            changed.map { "\($0.taskId)  \($0.state)  \(TerminalText.safe($0.title))\n" }.joined()
        }
        try complain(refused)
    }

    /// Every result that can be merged, oldest first.
    static func ready(_ project: String?, _ client: BridgeClient) async throws -> [String] {
        var query = [("state", "ready"), ("limit", "500")]
        if let project { query.append(("projectId", try await ProjectChoice.find(project, with: client).id)) }
        let list: ResultList = try await client.get(path, query: query)
        return list.results.reversed().map(\.taskId)
    }

    static func short(_ ref: String) -> String {
        ref.hasPrefix("refs/heads/") ? String(ref.dropFirst("refs/heads/".count)) : ref
    }

    private static func tone(_ state: String) -> Terminal.Tone {
        switch state {
        case "ready", "merged": .good
        case "conflict", "refused": .bad
        case "discarded": .dim
        default: .plain
        }
    }

    static func table(_ results: [ResultView], for terminal: Terminal) -> String {
        let isSpread = results.contains { $0.deviceName != nil }
        var table = Table(["TASK", "STATE"] + (isSpread ? ["FROM"] : []) + ["FILES", "CLASHES", "BRANCH", "TITLE"])
        for result in results {
            table.rows.append(
                [.init(result.taskId), .init(state(result), tone(result.state))]
                    + (isSpread ? [.init(result.deviceName ?? "here")] : []) + [
                        .init("\(result.filesChanged) (+\(result.insertions) −\(result.deletions))"),
                        .init(clashes(result)), .init(result.branch ?? "–"), .init(result.title),
                    ])
        }
        let words = hints(results)
        return table.render(for: terminal) + (words.isEmpty ? "" : "\n\(words)")
    }

    private static func state(_ result: ResultView) -> String {
        let isToConfirm = result.state == "ready" && !result.needsConfirmation.isEmpty
        return isToConfirm ? "ready, to confirm" : result.state
    }

    private static func clashes(_ result: ResultView) -> String {
        var parts: [String] = []
        if let first = result.conflicts.first {
            parts.append(
                result.conflicts.count == 1 ? first.path : "\(first.path) and \(result.conflicts.count - 1) more")
        }
        if !result.conflictsWith.isEmpty { parts.append("with \(result.conflictsWith.joined(separator: ", "))") }
        return parts.isEmpty ? "–" : parts.joined(separator: "; ")
    }

    private static func hints(_ results: [ResultView]) -> String {
        var text = ""
        if let ready = results.first(where: { $0.state == "ready" }) {
            text += "Look at one: offload diff \(ready.taskId). Merge what is ready: offload merge --all\n"
        }
        if let clash = results.first(where: { $0.state == "conflict" }) {
            text += "Have one that clashes done again: offload send-back \(clash.taskId)\n"
        }
        return text
    }

    static func whole(_ detail: ResultDetail, for terminal: Terminal) -> String {
        let result = detail.result
        var text = "\(terminal.styled(TerminalText.safe(result.title), .strong))\n"
        text += "task \(result.taskId)  attempt \(result.attempt)  "
        text += "\(terminal.styled(result.state, tone(result.state)))\n"
        if let device = result.deviceName { text += "from: \(TerminalText.safe(device))\n" }
        if let branch = result.branch { text += "branch: \(TerminalText.safe(branch))\n" }
        if let merged = result.merged {
            text += "merged into: \(TerminalText.safe(short(merged.target))) as \(merged.commit ?? "files")\n"
        }
        for conflict in result.conflicts {
            text += terminal.styled("clashes in \(TerminalText.safe(conflict.path)) (\(conflict.kind))\n", .bad)
        }
        if !result.conflictsWith.isEmpty {
            text += "clashes with the results of \(result.conflictsWith.joined(separator: ", "))\n"
        }
        for path in result.needsConfirmation {
            text += terminal.styled("can make programs run: \(TerminalText.safe(path))\n", .notice)
        }
        for note in result.notes { text += "note: \(TerminalText.safe(note))\n" }
        if !detail.summary.isEmpty { text += "\n\(TerminalText.safe(detail.summary, lines: true))\n" }
        var table = Table(["CHANGE", "LINES", "FILE"])
        for file in detail.files {
            let lines = file.insertions.map { "+\($0) −\(file.deletions ?? 0)" } ?? "binary"
            table.rows.append([.init(file.change.replacing("_", with: " ")), .init(lines), .init(file.path)])
        }
        text += "\n\(table.render(for: terminal))"
        if detail.total > detail.files.count { text += "… \(detail.total - detail.files.count) more\n" }
        return text
    }

    /// A patch with the colours that git gives it; for a program as it is.
    static func coloured(_ patch: String, for terminal: Terminal) -> String {
        guard terminal.isInteractive else { return patch }
        return patch.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let text = TerminalText.safe(String(line), lines: true)
            let isHeading = line.hasPrefix("+++") || line.hasPrefix("---") || line.hasPrefix("diff ")
            if isHeading { return terminal.styled(text, .strong) }
            if line.hasPrefix("+") { return terminal.styled(text, .good) }
            if line.hasPrefix("-") { return terminal.styled(text, .bad) }
            if line.hasPrefix("@@") { return terminal.styled(text, .dim) }
            return text
        }.joined(separator: "\n")
    }
}
