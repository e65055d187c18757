import ArgumentParser
import OffloadClient
import OffloadDomain
import OffloadWire

struct ResultsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "results", abstract: "Lists the work that is ready to be merged, or shows one result whole.")

    @Argument(help: "A task's id, to see its result whole.")
    var task: String?
    @Option(name: .shortAndLong, help: "uploading, refused, ready, conflict, merged or discarded.")
    var state: String?
    @Option(name: .shortAndLong, help: "Only of this project.")
    var project: String?
    @Flag(name: .shortAndLong, help: "Merged and discarded results too.")
    var all = false
    @Option(name: .long, help: "How many (1 to 500).")
    var limit = 100
    @Option(name: .long, help: "How many to leave out first.")
    var offset = 0
    @OptionGroup var device: DeviceOptions

    func run() async throws {
        if let task { return try await show(task) }
        var list: ResultList = try await device.withDevice { client in
            var query = [("limit", String(limit)), ("offset", String(offset))]
            if let project { query.append(("projectId", try await ProjectChoice.find(project, with: client).id)) }
            if let state { query.append(("state", state)) }
            return try await client.get(ResultText.path, query: query)
        }
        if state == nil, !all { list.results.removeAll { ["merged", "discarded"].contains($0.state) } }
        try device.rendering.show(list) { terminal in
            guard !list.results.isEmpty else {
                return "Nothing waits to be merged. Merged and discarded results: offload results --all\n"
            }
            return ResultText.table(list.results, for: terminal)
        }
    }

    private func show(_ text: String) async throws {
        let id = try await Failing.inWords { try TaskID(parsing: text) }
        let detail: ResultDetail = try await device.withDevice { client in
            try await client.get("\(ResultText.path)/\(id)", query: [("limit", "500")])
        }
        try device.rendering.show(detail) { ResultText.whole(detail, for: $0) }
    }
}

struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Shows what a result changes.")

    @Argument(help: "A task's id.")
    var task: String
    @Argument(help: "Only this file.")
    var path: String?
    @OptionGroup var device: DeviceOptions

    func run() async throws {
        let id = try await Failing.inWords { try TaskID(parsing: task) }
        let patch: PatchView = try await device.withDevice { client in
            try await client.get("\(ResultText.path)/\(id)/diff", query: path.map { [("path", $0)] } ?? [])
        }
        try device.rendering.show(patch) { ResultText.coloured(patch.patch, for: $0) }
        if patch.truncated { Terminal.complain("offload: the rest is left out; the result's branch has all of it") }
    }
}

struct MergeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "Brings results into the branch that is checked out in the project.",
        discussion: """
            Nothing is merged over changes that are not committed, and nothing that clashes. Files that can make programs run \
            (hooks, agent settings, continuous integration) have to be confirmed. `offload undo` takes a merge out again.
            """)

    @Argument(help: "Ids of tasks.")
    var tasks: [String] = []
    @Flag(name: .long, help: "Every result that is ready, oldest first.")
    var all = false
    @Option(name: .shortAndLong, help: "With --all: only of this project.")
    var project: String?
    @Flag(name: .long, help: "One commit in the place of a merge commit.")
    var squash = false
    @Option(name: .shortAndLong, help: "The commit's message.")
    var message: String?
    @Flag(name: .long, help: "You have looked at files that can make programs run.")
    var confirm = false
    @Option(name: .long, help: "Only if the result is this commit still: the one you have looked at.")
    var commit: String?
    @OptionGroup var device: DeviceOptions

    func validate() throws {
        guard tasks.isEmpty == all else { throw ValidationError("Name tasks, or say --all.") }
        guard commit == nil || tasks.count == 1 else { throw ValidationError("--commit goes with one task.") }
    }

    func run() async throws {
        let ids = try await Failing.inWords { try tasks.map { try TaskID(parsing: $0).rawValue } }
        let wish = MergeRequest(mode: squash ? "squash" : "merge", message: message, confirm: confirm, commit: commit)
        let (merged, refused): ([ResultView], [ResultText.Refusal]) = try await device.withDevice { client in
            let wanted = all ? try await ResultText.ready(project, client) : ids
            return await ResultText.each(wanted) { id in
                try await client.post("\(ResultText.path)/\(id)/merge", wish)
            }
        }
        try device.rendering.show(merged) { _ in
            if merged.isEmpty, refused.isEmpty { return "Nothing is ready to be merged. See: offload results\n" }
            return merged.map { result in
                let (target, commit) = (result.merged?.target ?? "", result.merged?.commit ?? "")
                return
                    "\(result.taskId)  merged into \(TerminalText.safe(ResultText.short(target)))\(commit.isEmpty ? "" : " as \(commit.prefix(10))")  \(TerminalText.safe(result.title))\n"
            }.joined()
        }
        try ResultText.complain(refused)
    }
}

struct DiscardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard", abstract: "Throws results away; for 30 days `offload undo` brings them back.")

    @Argument(help: "Ids of tasks.")
    var tasks: [String]
    @OptionGroup var device: DeviceOptions

    func run() async throws { try await ResultText.act("discard", on: tasks, device) }
}

struct UndoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo", abstract: "Takes merged results out of the project again, and brings discarded ones back.")

    @Argument(help: "Ids of tasks.")
    var tasks: [String]
    @OptionGroup var device: DeviceOptions

    func run() async throws { try await ResultText.act("undo", on: tasks, device) }
}

struct SendBackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send-back",
        abstract: "Has the ideas of results that clash done again, on what the project has now.",
        discussion: "The next agent is shown both sides. The old result is discarded; `offload undo` brings it back.")

    @Argument(help: "Ids of tasks.")
    var tasks: [String]
    @OptionGroup var device: DeviceOptions

    func run() async throws {
        let ids = try await Failing.inWords { try tasks.map { try TaskID(parsing: $0).rawValue } }
        let (made, refused): ([TaskView], [ResultText.Refusal]) = try await device.withDevice { client in
            await ResultText.each(ids) { try await client.post("\(ResultText.path)/\($0)/retry-with-conflict") }
        }
        try device.rendering.show(made) { made.isEmpty ? "" : TaskText.table(made, for: $0) }
        try ResultText.complain(refused)
    }
}
