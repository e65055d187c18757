import Foundation
import OffloadClient
import OffloadWire
import Synchronization

/// A client that wants a number of ideas done and does not give up when the device dies under its hands.
///
/// It remembers what the device acknowledged: that is what must never be lost.
final class Workload: Sendable {
    static let agent = """
        #!/bin/sh
        # Tells of its start durably, works for a moment, and leaves a file.
        echo "$OFFLOAD_ATTEMPT_MARKER $$" >>"$EFFECTS"
        sleep "${PACE:-0.05}"
        echo done >>"work-$$.txt"
        """

    let repository: SampleRepository
    let effects: String
    let lanes: Int
    private let wanted: Mutex<Int>
    private let acknowledged = Mutex<(ideas: Set<String>, tasks: Set<String>)>(([], []))

    var acknowledgedIdeas: Set<String> { acknowledged.withLock { $0.ideas } }
    var acknowledgedTasks: Set<String> { acknowledged.withLock { $0.tasks } }

    func wantMore(_ count: Int) { wanted.withLock { $0 += count } }

    /// - Parameter lanes: how many work at a time.
    init(in folder: String, count: Int, lanes: Int = 4) throws {
        self.lanes = lanes
        wanted = Mutex(count)
        effects = "\(folder)/effects"
        try Data().write(to: URL(fileURLWithPath: effects))
        let agent = "\(folder)/agent.sh"
        try Self.agent.write(toFile: agent, atomically: true, encoding: .utf8)
        repository = try SampleRepository(
            in: folder,
            settings: "agent: command\ncommand: [sh, \(agent)]\nsetup: \"true\"\ncheck: \"ls work-*.txt\"\n")
    }

    /// Does what is still missing, and returns when every task has ended.
    func drive(_ client: BridgeClient) async throws {
        let project: ProjectView = try await client.post(
            "/api/bridge/projects", ProjectRequest(name: nil, path: repository.path))
        var list: IdeaList = try await client.get("/api/bridge/ideas", query: [("limit", "500")])
        for number in 0..<wanted.withLock({ $0 }) where !list.ideas.contains(where: { $0.title == "Idea \(number)" }) {
            let idea: IdeaView = try await client.post(
                "/api/bridge/ideas",
                IdeaRequest(projectId: project.id, title: "Idea \(number)", status: "accepted"))
            acknowledged.withLock { _ = $0.ideas.insert(idea.id) }
        }
        list = try await client.get("/api/bridge/ideas", query: [("limit", "500")])
        let tasks: TaskList = try await client.get("/api/bridge/tasks", query: [("limit", "500")])
        let missing = list.ideas.map(\.id).filter { idea in !tasks.tasks.contains { $0.ideaId == idea } }
        if !missing.isEmpty {
            let assigned: AssignmentView = try await client.post(
                "/api/bridge/batches/any/assign", AssignRequest(ideaIds: missing))
            acknowledged.withLock { $0.tasks.formUnion(assigned.assigned.map(\.taskId)) }
        }
        for lane in 1...lanes {
            let _: BatchView = try await client.post(
                "/api/bridge/batches/batch\(lane)/control", ActionRequest(action: "start"))
        }
        try await waitForEnds(client)
    }

    private func waitForEnds(_ client: BridgeClient) async throws {
        try await client.events { _ in
            let list: TaskList = try await client.get("/api/bridge/tasks", query: [("limit", "500")])
            return !list.tasks.allSatisfy { ["completed", "failed", "cancelled"].contains($0.status) }
        }
    }

    /// Starts of agents, by the attempt that they were started for.
    func starts() throws -> [String: Int] {
        let text = try String(contentsOfFile: effects, encoding: .utf8)
        var starts: [String: Int] = [:]
        for line in text.split(separator: "\n") {
            guard let marker = line.split(separator: " ").first else { continue }
            starts[String(marker), default: 0] += 1
        }
        return starts
    }
}
