import Foundation
import OffloadClient
import OffloadWire
import Testing

/// Work for another device whose agents tell durably of their starts.
struct CrossingWorkload {
    let devices: TwoDevices
    let effects: String

    /// Runs `body` with two devices that know each other.
    /// - Parameters:
    ///   - pace: how long an agent works, in seconds.
    ///   - source, target: more of the environment of each.
    static func with(
        pace: String = "0.1", source: [String: String] = [:], target: [String: String] = [:],
        _ body: (CrossingWorkload) async throws -> Void
    ) async throws {
        try await withScratchFolder { folder in
            let effects = "\(folder)/effects"
            try Data().write(to: URL(fileURLWithPath: effects))
            let agent = "\(folder)/agent.sh"
            try Workload.agent.write(toFile: agent, atomically: true, encoding: .utf8)
            let more = ["EFFECTS": effects, "PACE": pace, "OFFLOAD_LEASE_MS": "3000"]
            try await TwoDevices.with(
                source: more.merging(source) { $1 }, target: more.merging(target) { $1 },
                settings: "agent: command\ncommand: [sh, \(agent)]\ncheck: \"ls work-*.txt\"\n"
            ) { devices in
                try await body(CrossingWorkload(devices: devices, effects: effects))
            }
        }
    }

    /// Queues what the source does not say to have queued.
    func queue(_ ideas: [String]) async throws {
        let known = try await TwoDevices.status(of: devices.source).tasks.map(\.ideaId)
        let missing = ideas.filter { !known.contains($0) }
        guard !missing.isEmpty else { return }
        let queued = try await devices.queue(missing)
        #expect(queued.queued == missing.count, "\(queued)")
    }

    /// What must hold once everything is over, whatever happened.
    func judge(_ ideas: [String]) async throws {
        _ = try await devices.wait { $0.count == ideas.count && TwoDevices.areOver($0) }
        for (marker, count) in try starts() { #expect(count == 1, "\(count) agents for one attempt: \(marker)") }
        let (here, there) = (try await whole(of: devices.source), try await whole(of: devices.target))
        #expect(Set(here.map(\.ideaId)) == Set(ideas), "each idea has its task, and only that")
        for task in here {
            #expect(task.attempts.map(\.attempt) == Array(1...max(1, task.attempts.count)))
            #expect(task.status == "completed" || task.error?.kind == "interrupted", "\(task.status) \(task)")
            guard task.status == "completed", let won = task.attempts.last else { continue }
            let copy = try #require(there.first { $0.id == task.id }, "a completed task is where it was done")
            let same = copy.attempts.first { $0.attempt == won.attempt }
            #expect(same?.status == "completed", "attempt \(won.attempt) of \(task.id): \(copy)")
            let branch = try #require(same?.result?.branch)
            _ = try devices.targetProject.git("rev-parse", "--verify", "--quiet", branch)
        }
        #expect(there.allSatisfy { ["completed", "failed", "cancelled"].contains($0.status) })
        try devices.targetProject.git("fsck", "--strict")
    }

    private func whole(of device: DeviceProcess) async throws -> [TaskView] {
        try await device.with { client in
            let list: TaskList = try await client.get("/api/bridge/tasks", query: [("limit", "500")])
            var tasks: [TaskView] = []
            for task in list.tasks { tasks.append(try await client.get("/api/bridge/tasks/\(task.id)")) }
            return tasks
        }
    }

    private func starts() throws -> [String: Int] {
        let text = try String(contentsOfFile: effects, encoding: .utf8)
        return text.split(separator: "\n").reduce(into: [:]) { starts, line in
            starts[String(line.prefix { $0 != " " }), default: 0] += 1
        }
    }
}
