import Foundation
import OffloadClient
import OffloadWire
import Synchronization
import Testing

/// Work for another device whose agents tell durably of their starts.
struct CrossingWorkload {
    let devices: TwoDevices
    let effects: String
    private let acknowledged = Acknowledged()

    init(devices: TwoDevices, effects: String) {
        self.devices = devices
        self.effects = effects
    }

    /// What the source has said yes to: that is what must never be lost.
    private final class Acknowledged: Sendable {
        let queued = Mutex<Set<String>>([])
        let cancelled = Mutex<Set<String>>([])
        /// Whether everything was said to be over; then what the devices leave behind is looked at too.
        let isOver = Mutex(false)
    }

    /// Runs `body` with two devices that know each other, and looks at what they leave behind when it has judged them.
    /// - Parameters:
    ///   - pace: how long an agent works, in seconds.
    ///   - source, target: more of the environment of each.
    ///   - link: what is between them when each is on a machine of its own.
    static func with(
        pace: String = "0.1", source: [String: String] = [:], target: [String: String] = [:], over link: BadLink? = nil,
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
                settings: "agent: command\ncommand: [sh, \(agent)]\ncheck: \"ls work-*.txt\"\n", over: link
            ) { devices in
                let workload = CrossingWorkload(devices: devices, effects: effects)
                try await body(workload)
                guard workload.acknowledged.isOver.withLock({ $0 }) else { return }
                #expect(try workload.evidence().history().violations().isEmpty)
            }
        }
    }

    /// Queues what the source does not say to have queued.
    func queue(_ ideas: [String]) async throws {
        let known = try await TwoDevices.status(of: devices.source).tasks.map(\.ideaId)
        let missing = ideas.filter { !known.contains($0) }
        if !missing.isEmpty {
            let queued = try await devices.queue(missing)
            #expect(queued.queued == missing.count, "\(queued)")
        }
        acknowledged.queued.withLock { $0.formUnion(ideas) }
    }

    /// Cancels a task on the source.
    func cancel(_ task: String) async throws {
        let _: TaskView = try await devices.source.with { try await $0.post("/api/bridge/tasks/\(task)/cancel") }
        acknowledged.cancelled.withLock { _ = $0.insert(task) }
    }

    /// What must hold once everything is over, whatever happened.
    func judge(_ ideas: [String]) async throws {
        _ = try await devices.wait { $0.count == ideas.count && TwoDevices.areOver($0) }
        let (here, there) = (try await whole(of: devices.source), try await whole(of: devices.target))
        #expect(Set(here.map(\.ideaId)) == Set(ideas), "each idea has its task, and only that")
        for task in here {
            #expect(task.attempts.map(\.attempt) == Array(1...max(1, task.attempts.count)))
            let isWished = acknowledged.cancelled.withLock { $0.contains(task.id) } && task.status == "cancelled"
            #expect(
                task.status == "completed" || task.error?.kind == "interrupted" || isWished, "\(task.status) \(task)")
            guard task.status == "completed", let won = task.attempts.last else { continue }
            let copy = try #require(there.first { $0.id == task.id }, "a completed task is where it was done")
            let same = copy.attempts.first { $0.attempt == won.attempt }
            #expect(same?.status == "completed", "attempt \(won.attempt) of \(task.id): \(copy)")
            let branch = try #require(same?.result?.branch)
            _ = try devices.targetProject.git("rev-parse", "--verify", "--quiet", branch)
            try await judgeResult(of: task.id, done: "\(branch)^{tree}")
        }
        #expect(there.allSatisfy { ["completed", "failed", "cancelled"].contains($0.status) })
        try devices.targetProject.git("fsck", "--strict")
        acknowledged.isOver.withLock { $0 = true }
    }

    /// What was done there came home, as it was there.
    private func judgeResult(of task: String, done tree: String) async throws {
        let results = try await devices.waitForResults { results in
            results.contains { $0.taskId == task && $0.state != "uploading" }
        }
        let here = results.filter { $0.taskId == task }
        #expect(here.map(\.state) == ["ready"], "\(here)")
        let branch = try #require(here.first?.branch)
        #expect(
            try devices.sourceProject.git("rev-parse", "\(branch)^{tree}")
                == devices.targetProject.git("rev-parse", tree))
        try devices.sourceProject.git("fsck", "--strict")
    }

    /// Ends both devices when everything is told, and takes copies of what they leave behind.
    func evidence() throws -> Evidence {
        if !devices.target.isDead { try Evidence.awaitQuiet(of: devices.target) }
        for device in [devices.source, devices.target] where !device.isDead { device.kill() }
        return try Evidence(
            of: devices, effects: effects, queued: acknowledged.queued.withLock { $0 },
            cancelled: acknowledged.cancelled.withLock { $0 }, in: "\(effects)-\(UUID().uuidString)")
    }

    private func whole(of device: DeviceProcess) async throws -> [TaskView] {
        try await device.with { client in
            let list: TaskList = try await client.get("/api/bridge/tasks", query: [("limit", "500")])
            var tasks: [TaskView] = []
            for task in list.tasks { tasks.append(try await client.get("/api/bridge/tasks/\(task.id)")) }
            return tasks
        }
    }
}
