import Foundation
import OffloadClient
import OffloadDomain
import OffloadWire
import Testing

/// Devices that lose each other in the middle of their work, and networks that lose, repeat and delay what they say.
@Suite("Offload over bad networks", .serialized, .timeLimit(.minutes(10)))
struct OffloadNetworkTests {
    @Test("Network Disconnect: Handle reconnection and state recovery")
    func networkDisconnect() async throws {
        try await CrossingWorkload.with(pace: "0.5") { workload in
            let devices = workload.devices
            let proxy = try Self.proxy(before: devices, trouble: 0)
            _ = try await devices.accept(try await devices.openCode().pairingCode, at: proxy.address.description)
            let ideas = try await devices.write((1...6).map { ("Idea \($0)", "") })
            try await workload.queue(ideas)
            _ = try await devices.wait { $0.contains { $0.status == "running" } }
            // The network is gone; the target goes on, and knows what it owes.
            proxy.stop()
            _ = try await TwoDevices.wait(devices.target) { $0.first?.connected == false }
            while try await TwoDevices.tasks(of: devices.target).contains(where: { $0.status == "running" }) {}
            let there = try await TwoDevices.tasks(of: devices.target)
            #expect(there.contains { $0.status == "completed" }, "work went on without the source")
            // Another way to the source is found.
            let again = try Self.proxy(before: devices, trouble: 0)
            defer { again.stop() }
            let (pair, address) = (
                try #require(try await TwoDevices.devices(of: devices.target).first), again.address.description
            )
            let _: PairedDeviceView = try await devices.target.with {
                try await $0.patch(
                    "/api/bridge/offload/devices/\(pair.devicePairId)", DeviceEdit(address: address))
            }
            try await workload.judge(ideas)
            let tasks = try await TwoDevices.tasks(of: devices.source)
            #expect(tasks.allSatisfy { $0.status == "completed" && $0.attempt == 1 }, "nothing was done twice")
        }
    }

    @Test("Partial Sync: Resume from incomplete sync")
    func partialSync() async throws {
        // The target dies when it has stored the second of what it pulled, and before it has said so of any.
        let crash = ["OFFLOAD_CRASH_AT": "\(CrashPlace.inboxAfterAccept.rawValue)#2"]
        try await CrossingWorkload.with(target: crash) { workload in
            let devices = workload.devices
            _ = try await devices.meet()
            let ideas = try await devices.write((1...6).map { ("Idea \($0)", "") })
            try await workload.queue(ideas)
            await devices.target.waitForEnd()
            let claimed = try await TwoDevices.status(of: devices.source).tasks
            #expect(claimed.count == 6 && !TwoDevices.areOver(claimed))
            try devices.target.start(extra: ["OFFLOAD_CRASH_AT": ""])
            try await workload.judge(ideas)
        }
    }

    @Test("Concurrent Execution: Multiple ideas running on target")
    func concurrentExecution() async throws {
        try await CrossingWorkload.with(pace: "1") { workload in
            let devices = workload.devices
            _ = try await devices.meet()
            let ideas = try await devices.write((1...8).map { ("Idea \($0)", "") })
            try await workload.queue(ideas)
            let busy = try await devices.wait { $0.count { $0.status == "running" } == 4 }
            #expect(busy.count { $0.status == "pending" } == 4, "no more than there is room for is taken")
            let batches = try await devices.target.with {
                try await $0.get("/api/bridge/batches", as: BatchList.self).batches
            }
            #expect(batches.compactMap(\.running).count == 4)
            try await workload.judge(ideas)
        }
    }

    @Test("A network that delays, repeats and loses requests and answers changes nothing about the outcome")
    func meddling() async throws {
        try await CrossingWorkload.with(pace: "0.1", source: ["OFFLOAD_LEASE_MS": "20000"]) { workload in
            let devices = workload.devices
            let proxy = try Self.proxy(before: devices, trouble: 40)
            defer { proxy.stop() }
            _ = try await devices.accept(try await devices.openCode().pairingCode, at: proxy.address.description)
            let ideas = try await devices.write((1...Effort.count(16, full: 100)).map { ("Idea \($0)", "") })
            try await workload.queue(ideas)
            try await workload.judge(ideas)
            let tasks = try await TwoDevices.tasks(of: devices.source)
            #expect(tasks.allSatisfy { $0.status == "completed" && $0.attempt == 1 }, "nothing was done twice")
        }
    }

    @Test("A device that stood still for twice the lease is not believed any more, and may take the work up anew")
    func standstill() async throws {
        let short = ["OFFLOAD_LEASE_MS": "2000", "OFFLOAD_UNREACHABLE_GRACE_MS": "0"]
        try await CrossingWorkload.with(pace: "6", source: short, target: short) { workload in
            let devices = workload.devices
            _ = try await devices.meet()
            let ideas = try await devices.write([("Idea", "")])
            try await workload.queue(ideas)
            _ = try await devices.wait { $0.first?.status == "running" }
            kill(devices.target.pid, SIGSTOP)
            _ = try await devices.wait { $0.first?.status == "pending" }
            kill(devices.target.pid, SIGCONT)
            try await workload.judge(ideas)
            let task = try #require(try await TwoDevices.tasks(of: devices.source).first)
            #expect(task.status == "completed" && task.attempt == 2)
        }
    }

    private static func proxy(before devices: TwoDevices, trouble: Int) throws -> MeddlingProxy {
        let folder = "\(devices.target.folder)/proxy-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return try MeddlingProxy(
            before: devices.address, identity: "\(devices.source.dataFolder)/identity.pem", in: folder, trouble: trouble
        )
    }
}
