import OffloadClient
import OffloadWire

/// Work that goes over from one device to the other.
extension TwoDevices {
    /// Pairs the devices and waits until both see each other.
    func meet() async throws -> AcceptView {
        let pair = try await pair()
        for device in [source, target] { _ = try await Self.wait(device) { $0.first?.connected == true } }
        return pair
    }

    /// Writes accepted ideas for the sample agent down on the source.
    /// - Returns: their ids.
    func write(_ ideas: [(title: String, steps: String)]) async throws -> [String] {
        let path = sourceProject.path
        return try await source.with { client in
            let project: ProjectView = try await client.post(
                "/api/bridge/projects", ProjectRequest(name: nil, path: path))
            var ids: [String] = []
            for idea in ideas {
                let made: IdeaView = try await client.post(
                    "/api/bridge/ideas",
                    IdeaRequest(
                        projectId: project.id, title: idea.title, description: idea.steps, status: "accepted"))
                ids.append(made.id)
            }
            return ids
        }
    }

    @discardableResult
    func queue(_ ideas: [String], to pair: String? = nil) async throws -> QueueView {
        try await source.with { client in
            try await client.post("/api/bridge/offload/queue", QueueRequest(devicePairId: pair, ideaIds: ideas))
        }
    }

    static func status(of device: DeviceProcess) async throws -> OffloadStatusView {
        try await device.with { try await $0.get("/api/bridge/offload/status", query: [("limit", "500")]) }
    }

    static func tasks(of device: DeviceProcess) async throws -> [TaskView] {
        try await device.with {
            try await $0.get("/api/bridge/tasks", query: [("limit", "500")], as: TaskList.self).tasks
        }
    }

    /// Waits until what the source says of its offloaded tasks is as wanted; looked at whenever it tells of something.
    func wait(
        until isRight: @escaping @Sendable ([OffloadStatusView.Item]) -> Bool
    ) async throws -> [OffloadStatusView.Item] {
        try await source.with { client in
            func look() async throws -> [OffloadStatusView.Item] {
                try await client.get(
                    "/api/bridge/offload/status", query: [("limit", "500")], as: OffloadStatusView.self
                ).tasks
            }
            var found: [OffloadStatusView.Item] = []
            try await client.events { _ in
                found = try await look()
                return !isRight(found)
            }
            return found
        }
    }

    static func areOver(_ tasks: [OffloadStatusView.Item]) -> Bool {
        tasks.allSatisfy { ["completed", "failed", "cancelled"].contains($0.status) }
    }
}
