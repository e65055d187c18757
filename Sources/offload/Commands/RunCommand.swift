import ArgumentParser
import OffloadClient
import OffloadDomain
import OffloadWire

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs accepted ideas and watches until they are done.",
        discussion: """
            Without ideas it takes every accepted idea of the project that had no task yet. Lanes that are idle are started; paused ones stay \
            paused. Ctrl-C stops watching, the tasks go on.
            """)

    @Argument(help: "Ids of accepted ideas; all of the project's that were not tried yet if none is named.")
    var ideas: [String] = []
    @Option(name: .shortAndLong, help: "Id, name or folder of the project.")
    var project: String?
    @Option(name: .long, help: "Queue for this lane alone, such as batch2.")
    var batch: String?
    @Flag(name: .long, help: "Return at once instead of watching.")
    var detach = false
    @OptionGroup var device: DeviceOptions

    func run() async throws {
        let named = try await Failing.inWords { try ideas.map { try IdeaID(parsing: $0).rawValue } }
        let lane = try await Failing.inWords { try batch.map { try BatchID(parsing: $0).description } }
        let rendering = device.rendering
        let tasks: [TaskView] = try await device.withDevice { client in
            let starter = RunStarter(client: client, destination: .lane(lane))
            if detach { return try await Self.views(of: try await starter.start(named, project: project), client) }
            return try await Self.watch(client, starter, named, project, rendering)
        }
        try rendering.show(tasks) { terminal in Self.closing(tasks, detached: detach, terminal) }
        if !detach, tasks.contains(where: { $0.status != "completed" }) { throw Failing.notAllCompleted }
    }

    /// The tasks are queued once the stream is open, so nothing that happens to them is missed.
    static func watch(
        _ client: BridgeClient, _ starter: RunStarter, _ named: [String], _ project: String?, _ rendering: Rendering
    ) async throws -> [TaskView] {
        let board = RunBoard(terminal: rendering.terminal, isSilent: rendering.format == .json)
        try await client.events { event in
            switch event.name {
            case "connection_established":
                if board.isEmpty { board.begin(try await starter.start(named, project: project)) }
            case "stream_reset":
                board.catchUp(try await views(of: board.waitingFor, client))
            default:
                board.take(event)
            }
            return !board.isDone
        }
        board.close()
        return try await views(of: board.all, client)
    }

    static func views(of tasks: [String], _ client: BridgeClient) async throws -> [TaskView] {
        var views: [TaskView] = []
        for task in tasks { views.append(try await client.get("/api/bridge/tasks/\(task)")) }
        return views
    }

    private static func closing(_ tasks: [TaskView], detached: Bool, _ terminal: Terminal) -> String {
        guard !tasks.isEmpty else { return "Nothing was queued. Ideas have to be accepted: offload idea accept ID\n" }
        var text = TaskText.table(tasks, for: terminal)
        if detached { return text + "\nWatch them: offload status --watch\n" }
        let branches = tasks.compactMap { $0.attempts.last?.result?.branch }
        if let branch = branches.first {
            text += "\nLook at a result:  git diff HEAD...\(TerminalText.safe(branch))\n"
            text += "Take it over:      git merge \(TerminalText.safe(branch))\n"
        }
        if let failed = tasks.first(where: { $0.status == "failed" }) {
            text += "\nSee what happened: offload logs \(failed.id)\n"
            text += "Try once more:     offload retry \(failed.id)\n"
        }
        return text
    }
}

/// Queues ideas, and starts idle lanes for those that are done here.
struct RunStarter: Sendable {
    enum Destination: Sendable {
        /// nil for any.
        case lane(String?)
        /// The device of this pair, or whichever asks first.
        case devices(String?)
    }

    let client: BridgeClient
    let destination: Destination

    private static let chunk = 500

    /// - Returns: ids of the tasks, in queue order.
    func start(_ named: [String], project: String?) async throws -> [String] {
        let ideas = named.isEmpty ? try await accepted(of: project) : named
        var tasks: [String] = []
        var skipped = 0
        for start in stride(from: 0, to: ideas.count, by: Self.chunk) {
            let part = Array(ideas[start..<min(start + Self.chunk, ideas.count)])
            do {
                let answer = try await queue(part, untriedOnly: named.isEmpty)
                tasks += answer.tasks
                for refused in answer.refused {
                    // Without named ideas, those that were tried already are simply not meant.
                    if named.isEmpty, refused.error == "conflict" { skipped += 1 } else { Self.tell(refused.message) }
                }
            } catch let error as OffloadError where named.isEmpty && part.count == 1 && error.kind == .conflict {
                skipped += 1
            }
        }
        if skipped > 0 {
            Terminal.complain(
                "\(skipped) accepted idea(s) had a task before and are left out; see `offload tasks`, and `offload retry ID`"
            )
        }
        if !tasks.isEmpty, case .lane(let lane) = destination { try await startLanes(lane) }
        return tasks
    }

    private func queue(
        _ ideas: [String], untriedOnly: Bool
    ) async throws -> (tasks: [String], refused: [AssignmentView.Refused]) {
        switch destination {
        case .lane(let lane):
            let answer: AssignmentView = try await client.post(
                "/api/bridge/batches/\(lane ?? "any")/assign",
                AssignRequest(ideaIds: ideas, untriedOnly: untriedOnly))
            return (answer.assigned.map(\.taskId), answer.refused)
        case .devices(let pair):
            let answer: QueueView = try await client.post(
                "/api/bridge/offload/queue",
                QueueRequest(devicePairId: pair, ideaIds: ideas, untriedOnly: untriedOnly))
            return (answer.requirements.map(\.taskId), answer.refused)
        }
    }

    private static func tell(_ message: String) { Terminal.complain("not queued: \(TerminalText.safe(message))") }

    private func accepted(of project: String?) async throws -> [String] {
        let project = try await ProjectChoice.find(project, with: client)
        var ideas: [String] = []
        while true {
            let list: IdeaList = try await client.get(
                "/api/bridge/ideas",
                query: [
                    ("projectId", project.id), ("status", "accepted"), ("limit", String(Self.chunk)),
                    ("offset", String(ideas.count)),
                ])
            ideas += list.ideas.map(\.id)
            if list.ideas.isEmpty || ideas.count >= list.total { return ideas.reversed() }
        }
    }

    private func startLanes(_ lane: String?) async throws {
        let lanes = try await client.get("/api/bridge/batches", as: BatchList.self).batches
            .filter { lane == nil || $0.id == lane }
        for lane in lanes where lane.status == "idle" {
            let _: BatchView = try await client.post(
                "/api/bridge/batches/\(lane.id)/control", ActionRequest(action: "start"))
        }
        if lanes.allSatisfy({ $0.status == "paused" }) {
            Terminal.complain("every lane is paused, so nothing starts; `offload batch resume` goes on")
        }
    }
}
