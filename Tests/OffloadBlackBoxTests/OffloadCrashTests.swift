import Foundation
import OffloadClient
import OffloadDomain
import OffloadWire
import Testing

/// The plug is pulled at every named place of a task's way to another device and back, on the side where that place is.
@Suite("Crashes while offloading", .serialized, .timeLimit(.minutes(15)))
struct OffloadCrashTests {
    /// Each place with the hits at which it strikes: the first, and one in the middle of things.
    static let places: [(CrashPlace, Int)] = CrashPlace.allCases.flatMap { place -> [(CrashPlace, Int)] in
        switch place {
        case .queueBeforeCommit, .queueAfterCommit, .leaseBeforeTakeBack, .leaseAfterTakeBack: [(place, 1)]
        // The target has the commit already, but for one test that begins from nothing.
        case .inboxAfterBase: [(place, 1)]
        default: place.way == .giving || place.way == .taking ? [(place, 1), (place, 2)] : []
        }
    }

    @Test("A crash on the way loses nothing and starts nothing twice", arguments: places)
    func crashOnTheWay(_ place: CrashPlace, _ hit: Int) async throws {
        let crash = ["OFFLOAD_CRASH_AT": "\(place.rawValue)#\(hit)", "OFFLOAD_UNREACHABLE_GRACE_MS": "0"]
        let isGiving = place.way == .giving
        try await CrossingWorkload.with(
            pace: place.rawValue.hasPrefix("lease") ? "2" : "0.1", source: isGiving ? crash : [:],
            // Few slots, so that there is more than one pull.
            target: (isGiving ? [:] : crash).merging(["OFFLOAD_SLOTS": "2"]) { $1 }
        ) { workload in
            let devices = workload.devices
            if place == .inboxAfterBase { try devices.sourceProject.advance() }
            _ = try await devices.meet()
            let ideas = try await devices.write((1...5).map { ("Idea \($0)", "") })
            // The source may die of it.
            try? await workload.queue(ideas)
            let dead = isGiving ? devices.source : devices.target
            if place.rawValue.hasPrefix("lease") { try await freeze(devices.target, until: dead) }
            await dead.waitForEnd()
            try dead.start(extra: ["OFFLOAD_CRASH_AT": ""])
            try await workload.queue(ideas)
            try await workload.judge(ideas)
        }
    }

    @Test("Crashes of both devices at random moments lose nothing and start nothing twice")
    func crashesAtRandomMoments() async throws {
        try await CrossingWorkload.with(pace: "0.05") { workload in
            let devices = workload.devices
            _ = try await devices.meet()
            var generator = SystemRandomNumberGenerator()
            var ideas: [String] = []
            for round in 0..<Effort.count(12, full: 100) {
                ideas += try await devices.write((1...2).map { ("Idea \(round).\($0)", "") })
                try await workload.queue(ideas)
                // The random moment is the point of it; nothing waits for this time to pass.
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...300, using: &generator)))
                let victims = [[devices.source], [devices.target], [devices.source, devices.target]]
                for victim in victims.randomElement(using: &generator) ?? [] { victim.kill() }
                for device in [devices.source, devices.target] where device.isDead { try device.start() }
            }
            try await workload.judge(ideas)
        }
    }

    /// The target stands still in the middle of its work until the source has died of taking it back.
    private func freeze(_ target: DeviceProcess, until source: DeviceProcess) async throws {
        _ = try await target.with { client in
            try await client.events { event in event.name != "task_started" }
        }
        Foundation.kill(target.pid, SIGSTOP)
        await source.waitForEnd()
        Foundation.kill(target.pid, SIGCONT)
    }
}
