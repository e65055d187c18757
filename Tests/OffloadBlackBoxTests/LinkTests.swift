import Foundation
import OffloadClient
import OffloadWire
import Testing

/// Two machines of their own with a bad link between them, as wireless networks are and worse.
@Suite("Offload over a bad link", .serialized, .timeLimit(.minutes(5)))
struct LinkTests {
    @Test("A link that loses every fifth packet, repeats, reorders and delays them changes nothing about the outcome")
    func lossy() async throws {
        let trouble = BadLink.Trouble(lost: 20, repeated: 10, overtaking: 25, delay: 40, jitter: 15, seed: 7)
        // The lease that devices have unless somebody sets another: it has to be long enough for this.
        let standard = ["OFFLOAD_LEASE_MS": "60000"]
        try await Self.across(trouble, pace: "0.1", standard) { workload, _ in
            _ = try await workload.devices.meet()
            let ideas = try await workload.devices.write((1...16).map { ("Idea \($0)", "") })
            let began = ContinuousClock.now
            try await workload.queue(ideas)
            try await workload.judge(ideas)
            print("16 tasks over a link that loses every fifth packet took \(began.duration(to: .now))")
            let tasks = try await TwoDevices.tasks(of: workload.devices.source)
            #expect(tasks.allSatisfy { $0.status == "completed" && $0.attempt == 1 }, "nothing counted as lost")
        }
    }

    @Test(
        "A link that is cut in the middle of work, also in one direction only, is as if it had not been once it is whole",
        arguments: [BadLink.Change.cut, .cutToTarget, .cutToSource])
    func cut(_ cut: BadLink.Change) async throws {
        let short = ["OFFLOAD_LEASE_MS": "2000"]
        try await Self.across(BadLink.Trouble(delay: 5, jitter: 2), pace: "3", short) { workload, link in
            let devices = workload.devices
            _ = try await devices.meet()
            let ideas = try await devices.write((1...6).map { ("Idea \($0)", "") })
            try await workload.queue(ideas)
            _ = try await devices.wait { $0.count { $0.status == "running" } == 4 }
            try link.tell(cut)
            var gone: OffloadStatusView.Item?
            while gone == nil {
                gone = try await TwoDevices.status(of: devices.source).tasks.first(where: \.unreachable)
            }
            // A target that does not hear the source can't know of this wish, and completes the task all the same.
            try await workload.cancel(try #require(gone).taskId)
            while try await TwoDevices.tasks(of: devices.target).contains(where: { $0.status == "running" }) {}
            try link.tell(.heal)
            let healed = ContinuousClock.now
            _ = try await devices.wait { !$0.contains { $0.unreachable || $0.cancelling } }
            let heard = healed.duration(to: .now)
            try await workload.judge(ideas)
            print("\(cut): the source heard of everything \(heard) after the heal, and all was over after")
            print("\(healed.duration(to: .now)), with the two tasks of 3 s that had waited")
        }
    }

    /// Runs `body` with a link and two devices at its ends, or says why it can't.
    private static func across(
        _ trouble: BadLink.Trouble, pace: String, _ settings: [String: String],
        _ body: (CrossingWorkload, BadLink) async throws -> Void
    ) async throws {
        let link: BadLink
        do {
            link = try BadLink(trouble)
        } catch let missing as BadLink.Missing {
            print("skipped: network namespaces with TUN devices are not to be had here: \(missing)")
            return
        }
        defer { link.stop() }
        try await CrossingWorkload.with(pace: pace, source: settings, target: settings, over: link) { workload in
            try await body(workload, link)
        }
        let packets = link.stop()
        print("packets: \(packets)")
        #expect(packets.contains(" 0 lost") == (trouble.lost == 0), "the link is as bad as it was meant to be")
    }
}
