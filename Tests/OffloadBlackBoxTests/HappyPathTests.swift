import Foundation
import OffloadClient
import OffloadWire
import Testing

/// What a program of somebody else's would do with the Bridge API, from project to branch.
@Suite("Happy path over HTTP")
struct HappyPathTests {
    @Test("Ideas become branches, and the stream tells of it without gap or repeat across a forced reconnect")
    func ideasBecomeBranches() async throws {
        try await withDevice { device in
            let repository = try SampleRepository(
                in: device.folder, settings: "agent: sample\ncheck: \"sh app.sh | grep -q hello\"\n")
            let before = try repository.git("rev-parse", "HEAD")
            let status = try repository.git("status", "--porcelain", "--", ".", ":!.claude")
            try await device.with { client in
                let project: ProjectView = try await client.post(
                    "/api/bridge/projects", ProjectRequest(name: nil, path: repository.path))
                let good = try await idea("Add a note", sample("append notes.md | a line"), project, client)
                let bad = try await idea("Break the greeting", sample("replace app.sh | hello | bye"), project, client)
                let assigned: AssignmentView = try await client.post(
                    "/api/bridge/batches/any/assign", AssignRequest(ideaIds: [good, bad]))
                #expect(assigned.assigned.count == 2)
                for lane in ["batch1", "batch2"] {
                    let _: BatchView = try await client.post(
                        "/api/bridge/batches/\(lane)/control", ActionRequest(action: "start"))
                }
                try await watchWithReconnects(client, until: Set(assigned.assigned.map(\.taskId)))
                let done = try await task(assigned.assigned[0].taskId, client)
                #expect(done.status == "completed")
                let result = try #require(done.attempts.last?.result)
                #expect(result.filesChanged == 1)
                let branch = try #require(result.branch)
                #expect(branch == "offload/add-a-note")
                #expect(try repository.git("show", "\(branch):notes.md") == "a line\n")
                let failed = try await task(assigned.assigned[1].taskId, client)
                #expect(failed.status == "failed")
                #expect(failed.error?.kind == "check_failed")
                #expect(failed.attempts.last?.result?.commit != nil, "the work of a failed attempt is kept")
                #expect(failed.attempts.last?.result?.branch == nil)
            }
            #expect(try repository.git("rev-parse", "HEAD") == before)
            #expect(try repository.git("status", "--porcelain", "--", ".", ":!.claude") == status)
        }
    }

    private func idea(
        _ title: String, _ description: String, _ project: ProjectView, _ client: BridgeClient
    ) async throws -> String {
        let idea: IdeaView = try await client.post(
            "/api/bridge/ideas", IdeaRequest(projectId: project.id, title: title, description: description))
        let accepted: IdeaView = try await client.post(
            "/api/bridge/ideas/\(idea.id)/action", ActionRequest(action: "accept"))
        #expect(accepted.status == "accepted")
        return idea.id
    }

    private func task(_ id: String, _ client: BridgeClient) async throws -> TaskView {
        try await client.get("/api/bridge/tasks/\(id)")
    }

    private struct Envelope: Decodable {
        struct Payload: Decodable {
            let taskId: String?
            let status: String?
        }

        let payload: Payload
    }

    /// Reads the stream from its first event, closing the connection after every third one.
    private func watchWithReconnects(_ client: BridgeClient, until tasks: Set<String>) async throws {
        var positions: [Int] = []
        var open = tasks
        var last = "0"
        while !open.isEmpty {
            var seen = 0
            try await client.events(after: last) { event in
                guard event.name != "connection_established", let id = event.id, let position = Int(id) else {
                    return true
                }
                positions.append(position)
                last = id
                let payload = try JSONDecoder().decode(Envelope.self, from: Data(event.data.utf8)).payload
                if let task = payload.taskId, ["completed", "failed"].contains(payload.status ?? "") {
                    open.remove(task)
                }
                seen += 1
                return seen < 3 && !open.isEmpty
            }
        }
        #expect(positions == Array(1...positions.count), "positions must come without gap or repeat")
    }
}
