import ArgumentParser
import OffloadClient
import OffloadDomain
import OffloadWire

struct TasksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks", abstract: "Lists tasks, newest first, or shows one whole.")

    @Argument(help: "A task's id, to see it whole.")
    var task: String?
    @Option(name: .shortAndLong, help: "pending, synced, running, completed, failed or cancelled.")
    var status: String?
    @Option(name: .shortAndLong, help: "Only of this project.")
    var project: String?
    @Option(name: .long, help: "How many (1 to 500).")
    var limit = 50
    @Option(name: .long, help: "How many to leave out first.")
    var offset = 0
    @OptionGroup var device: DeviceOptions

    func run() async throws {
        if let task { return try await show(task) }
        let list: TaskList = try await device.withDevice { client in
            var query = [("limit", String(limit)), ("offset", String(offset))]
            if let project { query.append(("projectId", try await ProjectChoice.find(project, with: client).id)) }
            if let status { query.append(("status", status)) }
            return try await client.get("/api/bridge/tasks", query: query)
        }
        try device.rendering.show(list) { terminal in
            guard !list.tasks.isEmpty else { return "No such tasks. Run accepted ideas: offload run\n" }
            return TaskText.table(list.tasks, for: terminal)
        }
    }

    private func show(_ text: String) async throws {
        let id = try await Failing.inWords { try TaskID(parsing: text) }
        let task: TaskView = try await device.withDevice { try await $0.get("/api/bridge/tasks/\(id)") }
        try device.rendering.show(task) { TaskText.whole(task, for: $0) }
    }
}

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Ends tasks: waiting ones at once, running ones with all their processes.")

    @Argument(help: "Ids of tasks.")
    var tasks: [String]
    @OptionGroup var device: DeviceOptions

    func run() async throws { try await TaskText.act("cancel", on: tasks, device) }
}

struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Queues tasks that have ended once more.")

    @Argument(help: "Ids of tasks.")
    var tasks: [String]
    @OptionGroup var device: DeviceOptions

    func run() async throws { try await TaskText.act("retry", on: tasks, device) }
}

enum TaskText {
    static func act(_ action: String, on tasks: [String], _ device: DeviceOptions) async throws {
        let ids = try await Failing.inWords { try tasks.map { try TaskID(parsing: $0) } }
        let changed: [TaskView] = try await device.withDevice { client in
            var changed: [TaskView] = []
            for id in ids { changed.append(try await client.post("/api/bridge/tasks/\(id)/\(action)")) }
            return changed
        }
        try device.rendering.show(changed) { _ in
            changed.map { "\($0.id)  \($0.cancelling ? "cancelling" : $0.status)  \(TerminalText.safe($0.title))\n" }
                .joined()
        }
    }

    static func table(_ tasks: [TaskView], for terminal: Terminal) -> String {
        // Where all of it is on this device, that need not be said.
        let isSpread = tasks.contains { $0.devicePairId != nil }
        var table = Table(
            ["ID", "STATE"] + (isSpread ? ["ON"] : []) + ["FILES", "TIME", "COST", "BRANCH", "TITLE"])
        for task in tasks {
            let attempt = task.attempts.last
            let place = isSpread ? [Table.Cell(task.device?.name ?? "any device")] : []
            table.rows.append(
                [.init(task.id), .init(state(task), Words.tone(ofStatus: task.status))] + place + [
                    .init(Words.files(attempt?.result)), .init(Words.duration(milliseconds: attempt?.durationMs)),
                    .init(Words.cost(attempt?.cost)), .init(branch(attempt?.result)), .init(task.title),
                ])
        }
        return table.render(for: terminal)
    }

    private static func branch(_ result: AttemptResultView?) -> String {
        if let branch = result?.branch { return branch }
        return result?.kind == "elsewhere" ? "(there)" : "–"
    }

    static func state(_ task: TaskView) -> String {
        if task.cancelling { return "cancelling" }
        if task.unreachable == true { return "unreachable" }
        guard task.status == "failed", let error = task.error else { return task.status }
        return "failed: \(error.kind)"
    }

    private static func place(of attempt: AttemptView) -> String {
        if let batch = attempt.batchId { "in \(batch)" } else { "on another device" }
    }

    static func whole(_ task: TaskView, for terminal: Terminal) -> String {
        var text = "\(terminal.styled(TerminalText.safe(task.title), .strong))\n"
        text +=
            "task \(task.id)  idea \(task.ideaId)  \(terminal.styled(state(task), Words.tone(ofStatus: task.status)))\n"
        if let error = task.error { text += "\(TerminalText.safe(error.message, lines: true))\n" }
        if let path = task.requirementPath { text += "requirement: \(TerminalText.safe(path))\n" }
        for attempt in task.attempts {
            text += "\nattempt \(attempt.attempt): \(attempt.status) \(place(of: attempt))"
            text += ", \(Words.duration(milliseconds: attempt.durationMs)), \(Words.cost(attempt.cost))\n"
            if let error = attempt.error { text += "  \(TerminalText.safe(error.message, lines: true))\n" }
            if let result = attempt.result {
                text += "  files: \(Words.files(result))"
                if let branch = result.branch { text += "  branch: \(TerminalText.safe(branch))" }
                text += "\n"
                for note in result.notes { text += "  note: \(TerminalText.safe(note))\n" }
            }
            if let summary = attempt.summary, !summary.isEmpty {
                text += "  \(TerminalText.safe(summary, lines: true))\n"
            }
        }
        return text
    }
}
