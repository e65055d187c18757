import OffloadClient
import OffloadDomain
import OffloadWire
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a person sees while tasks run: a bar, and a line for each task that is at work. Where the output is no terminal, a
/// line per change.
final class RunBoard: Sendable {
    private struct Row {
        let id: String
        var title = ""
        var status = "pending"
        var action = ""
        var since: ContinuousClock.Instant?
        var branch: String?
        var error: String?
    }

    private struct State {
        var rows: [Row] = []
        var drawnLines = 0
    }

    private let state = Mutex(State())
    private let terminal: Terminal
    private let isSilent: Bool

    init(terminal: Terminal, isSilent: Bool) {
        self.terminal = terminal
        self.isSilent = isSilent
        hasBegun = Mutex(false)
    }

    private let hasBegun: Mutex<Bool>

    var isEmpty: Bool { !hasBegun.withLock { $0 } }
    var all: [String] { state.withLock { $0.rows.map(\.id) } }
    var waitingFor: [String] { state.withLock { $0.rows.filter { !Self.isFinal($0.status) }.map(\.id) } }
    var isDone: Bool { !isEmpty && waitingFor.isEmpty }

    func begin(_ tasks: [String]) {
        hasBegun.withLock { $0 = true }
        state.withLock { $0.rows = tasks.map { Row(id: $0) } }
        if !isSilent, !tasks.isEmpty {
            terminal.write("\(tasks.count) task(s) queued. Ctrl-C stops watching; they go on.\n")
        }
        draw()
    }

    /// After a gap in the stream the device is asked instead.
    func catchUp(_ views: [TaskView]) {
        for view in views {
            change(view.id) { row in
                row.title = view.title
                row.status = view.status
            }
        }
        draw()
    }

    private struct Envelope: Decodable {
        struct Payload: Decodable {
            struct Problem: Decodable {
                let message: String
            }

            let taskId: String?
            let title: String?
            let status: String?
            let action: String?
            let branch: String?
            let error: Problem?
        }

        let payload: Payload
    }

    func take(_ event: ServerSentEvent) {
        guard event.name.hasPrefix("task_") || event.name.hasPrefix("offload_task_"),
            let payload = try? JSONDecoder().decode(Envelope.self, from: Data(event.data.utf8)).payload,
            let id = payload.taskId
        else { return }
        let old = state.withLock { state in state.rows.first { $0.id == id }?.status }
        guard let old else { return }
        change(id) { row in
            row.title = payload.title ?? row.title
            row.action = payload.action ?? row.action
            row.branch = payload.branch ?? row.branch
            row.error = payload.error?.message ?? row.error
            row.status = payload.status ?? row.status
            if event.name.hasSuffix("task_started") { row.since = .now }
        }
        if payload.status != nil, payload.status != old { announce(id) }
        draw()
    }

    /// Leaves the cursor below what was drawn.
    func close() {
        state.withLock { $0.drawnLines = 0 }
        if !isSilent, !isEmpty { terminal.write("\n") }
    }

    private func change(_ id: String, _ body: (inout Row) -> Void) {
        state.withLock { state in
            guard let index = state.rows.firstIndex(where: { $0.id == id }) else { return }
            body(&state.rows[index])
        }
    }

    private static func isFinal(_ status: String) -> Bool {
        OffloadTask.Status(rawValue: status)?.isFinal ?? false
    }

    // MARK: - Drawing

    private func announce(_ id: String) {
        guard !isSilent, !terminal.isInteractive else { return }
        guard let row = state.withLock({ state in state.rows.first { $0.id == id } }) else { return }
        var line = "\(row.status)  \(row.id)  \(TerminalText.safe(row.title))"
        if let branch = row.branch { line += "  → \(TerminalText.safe(branch))" }
        if let error = row.error?.split(whereSeparator: \.isNewline).first {
            line += "  (\(TerminalText.safe(String(error))))"
        }
        terminal.write(line + "\n")
    }

    private func draw() {
        guard !isSilent, terminal.isInteractive else { return }
        state.withLock { state in
            let lines = Self.lines(state.rows, terminal)
            let up = state.drawnLines > 0 ? "\u{1B}[\(state.drawnLines)A\u{1B}[J" : ""
            terminal.write(up + lines.joined(separator: "\n") + "\n")
            state.drawnLines = lines.count
        }
    }

    private static func lines(_ rows: [Row], _ terminal: Terminal) -> [String] {
        let finished = rows.filter { isFinal($0.status) }
        let failed = finished.filter { $0.status != "completed" }.count
        let width = 30
        let filled = rows.isEmpty ? 0 : width * finished.count / rows.count
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        var head = "\(terminal.styled(bar, failed > 0 ? .notice : .good)) \(finished.count)/\(rows.count)"
        if failed > 0 { head += terminal.styled("  \(failed) not completed", .bad) }
        let active = rows.filter { $0.status == "running" || $0.status == "synced" }
        return [head]
            + active.prefix(16).map { row in
                let elapsed = row.since.map { Words.duration(milliseconds: Self.milliseconds(since: $0)) } ?? "prepares"
                let title = TerminalText.fitted(TerminalText.safe(row.title), columns: 36)
                let padding = String(repeating: " ", count: max(0, 38 - TerminalText.width(title)))
                let rest = max(10, terminal.columns - 52)
                let action = TerminalText.fitted(TerminalText.safe(row.action), columns: rest)
                return "  \(title)\(padding)\(elapsed)  \(terminal.styled(action, .dim))"
            }
    }

    private static func milliseconds(since start: ContinuousClock.Instant) -> Int64 {
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }
}
