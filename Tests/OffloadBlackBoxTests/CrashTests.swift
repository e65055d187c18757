import Foundation
import OffloadClient
import OffloadDomain
import OffloadWire
import Testing

/// The plug is pulled at every named place of a task's way, and at random moments.
@Suite("Crashes", .serialized)
struct CrashTests {
    /// Each place with the hits at which it strikes: the first, and one in the middle of things.
    static let places: [(CrashPlace, Int)] = CrashPlace.allCases.filter { $0.way == .task }.flatMap {
        place -> [(CrashPlace, Int)] in
        switch place {
        case .storeBeforeCommit, .storeAfterCommit: [(place, 5), (place, 9), (place, 13)]
        case .recoveryBeforeSweep, .recoveryAfterSweep, .recoveryAfterCommit: [(place, 1)]
        case .assignBeforeCommit, .assignAfterCommit: [(place, 1)]
        case .attemptAfterEndRecorded, .attemptAfterCleanup: [(place, 1), (place, 2)]
        default: [(place, 1), (place, 3)]
        }
    }

    @Test("A crash at a named place loses nothing and starts nothing twice", arguments: places)
    func crashAtNamedPlace(_ place: CrashPlace, _ hit: Int) async throws {
        try await withScratchFolder { folder in
            // What comes after the record of an end is reached for certain only while more is to be done in the lane.
            let isBehindTheEnd = place == .attemptAfterEndRecorded || place == .attemptAfterCleanup
            let workload = try Workload(in: folder, count: 3, lanes: isBehindTheEnd ? 1 : 4)
            let device = DeviceProcess(folder: folder, environment: ["EFFECTS": workload.effects])
            defer { device.kill() }
            if place.rawValue.hasPrefix("recovery.") {
                // A start has something to recover when the plug was pulled while an agent ran.
                #expect(try await dies(at: .attemptAfterSpawn, 2, workload, device))
            }
            #expect(try await dies(at: place, hit, workload, device), "\(place.rawValue)#\(hit) was never reached")
            try await finish(workload, device)
        }
    }

    @Test("Crashes at random moments lose nothing and start nothing twice")
    func crashAtRandomMoments() async throws {
        try await withScratchFolder { folder in
            let workload = try Workload(in: folder, count: 0)
            let device = DeviceProcess(folder: folder, environment: ["EFFECTS": workload.effects, "PACE": "0.02"])
            defer { device.kill() }
            var generator = SystemRandomNumberGenerator()
            for _ in 0..<Effort.count(15, full: 100) {
                workload.wantMore(3)
                try device.start()
                let delay = Int.random(in: 0...400, using: &generator)
                async let strike: Void = strike(device, afterMilliseconds: delay)
                _ = try await device.untilItDies { try await workload.drive($0) }
                await strike
            }
            try await finish(workload, device)
        }
    }

    /// The random moment is the point of it; nothing waits for this time to pass.
    private func strike(_ device: DeviceProcess, afterMilliseconds delay: Int) async {
        try? await Task.sleep(for: .milliseconds(delay))
        device.kill()
    }

    /// - Returns: whether the device died by itself.
    private func dies(
        at place: CrashPlace, _ hit: Int, _ workload: Workload, _ device: DeviceProcess
    ) async throws -> Bool {
        do {
            try device.start(extra: ["OFFLOAD_CRASH_AT": "\(place.rawValue)#\(hit)"])
        } catch is DeviceProcess.Refusal {
            return true
        }
        return try await !device.untilItDies { try await workload.drive($0) }
    }

    private func finish(_ workload: Workload, _ device: DeviceProcess) async throws {
        let began = ContinuousClock.now
        try device.start()
        let tasks = try await device.with { client in
            try await workload.drive(client)
            let list: TaskList = try await client.get("/api/bridge/tasks", query: [("limit", "500")])
            var tasks: [TaskView] = []
            for task in list.tasks { tasks.append(try await client.get("/api/bridge/tasks/\(task.id)")) }
            return tasks
        }
        #expect(ContinuousClock.now - began < .seconds(20), "recovery and the rest of the work took too long")
        let ideas: IdeaList = try await device.with { try await $0.get("/api/bridge/ideas", query: [("limit", "500")]) }
        try judge(tasks, ideas.ideas.map(\.id), workload)
        #expect(Survivors.carrying("EFFECTS=\(workload.effects)").allSatisfy { $0.contains(" serve") })
    }

    /// What must hold whatever happened.
    private func judge(_ tasks: [TaskView], _ ideas: [String], _ workload: Workload) throws {
        #expect(workload.acknowledgedIdeas.isSubset(of: ideas), "an acknowledged idea is lost")
        #expect(workload.acknowledgedTasks.isSubset(of: tasks.map(\.id)), "an acknowledged task is lost")
        for (marker, count) in try workload.starts() {
            #expect(count == 1, "\(count) agents were started for one attempt: \(marker)")
        }
        for task in tasks {
            #expect(task.attempts.map(\.attempt) == Array(1...max(1, task.attempts.count)))
            #expect(task.status == "completed" || task.error?.kind == "interrupted", "\(task.status) \(task.title)")
            guard task.status == "completed" else { continue }
            let branch = try #require(task.attempts.last?.result?.branch)
            _ = try workload.repository.git("rev-parse", "--verify", "--quiet", branch)
        }
        try workload.repository.git("fsck", "--strict")
    }
}
