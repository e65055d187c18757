import Foundation
import OffloadClient
import OffloadDomain
import OffloadWire
import Testing

/// Work crosses over to another device, is done there, and word of it comes home.
@Suite("Offload", .serialized, .timeLimit(.minutes(5)))
struct OffloadTests {
    @Test("Happy Path: Pair -> Queue -> Sync -> Execute -> Complete")
    func happyPath() async throws {
        try await TwoDevices.with(settings: "agent: sample\ncheck: \"sh app.sh | grep -q hello\"\n") { devices in
            let pair = try await devices.meet()
            let ideas = try await devices.write([
                ("Add a note", sample("append notes.md | a line", "say working")),
                ("Break the greeting", sample("replace app.sh | hello | bye")),
            ])
            let queued = try await devices.queue(ideas, to: pair.devicePairId)
            #expect(queued.queued == 2 && queued.refused.isEmpty)
            let requirement = try #require(queued.requirements.first)
            #expect(requirement.ideaId == ideas[0] && requirement.requirementPath.hasPrefix(".claude/requirements/"))
            #expect(requirement.content.contains("append notes.md"))

            let done = try await devices.wait { $0.count == 2 && TwoDevices.areOver($0) }
            let (good, bad) = (done.first { $0.ideaId == ideas[0] }, done.first { $0.ideaId == ideas[1] })
            #expect(good?.status == "completed" && good?.filesChanged == ["notes.md"])
            #expect(good?.devicePairId == pair.devicePairId && good?.deviceName == "Laptop-Work")
            #expect(bad?.status == "failed" && bad?.error?.kind == "check_failed")

            // On the target it was an ordinary task, with its requirement file and its branch.
            let name = try #require(requirement.requirementPath.split(separator: "/").last)
            let file = try String(
                contentsOfFile: "\(devices.targetProject.path)/.claude/requirements/\(name)", encoding: .utf8)
            #expect(file == requirement.content)
            #expect(try devices.targetProject.git("show", "offload/add-a-note:notes.md") == "a line\n")
            let local = try await TwoDevices.tasks(of: devices.target)
            #expect(Set(local.map(\.id)) == Set(done.map(\.taskId)))
            #expect(local.allSatisfy { $0.devicePairId == pair.devicePairId })
            // Its log is here too.
            let id = try #require(good?.taskId)
            let log = try devices.source.offload(["logs", id])
            #expect(log.output.contains("working"), "\(log)")
            // Nothing of it touched the source's folder but the requirement files.
            #expect(
                try devices.sourceProject.git("status", "--porcelain", "--", ".", ":!.claude") == "?? offload.yml\n")
        }
    }

    @Test(
        "Work starts on exactly the source's commit",
        arguments: ["behind", "diverged", "unrelated", "ahead", "merged"])
    func bases(_ relation: String) async throws {
        try await TwoDevices.with { devices in
            let (source, target) = (devices.sourceProject, devices.targetProject)
            switch relation {
            case "behind": try source.advance()
            case "diverged":
                try source.advance()
                try target.advance("OWN.md")
            case "ahead": try target.advance("OWN.md")
            case "merged":
                // A branch that was made before what the target has comes in by a merge.
                try source.git("branch", "side")
                try source.advance()
                try target.git("pull", "--quiet")
                try source.git("checkout", "--quiet", "side")
                try source.advance("SIDE.md")
                try source.git("checkout", "--quiet", "main")
                try source.git("merge", "--quiet", "--no-ff", "--message=Merge", "side")
            default:
                // Another history from the first commit on.
                try target.git("checkout", "--quiet", "--orphan", "other")
                try target.advance("OWN.md")
                try target.git("branch", "--quiet", "-D", "main")
                try target.git("remote", "remove", "origin")
                try target.git("reflog", "expire", "--expire=now", "--all")
                try target.git("gc", "--quiet", "--prune=now")
            }
            let (base, own) = (try source.git("rev-parse", "HEAD"), try target.git("rev-parse", "HEAD"))
            _ = try await devices.meet()
            let ideas = try await devices.write([("Add a note", sample("append notes.md | a line"))])
            try await devices.queue(ideas)
            let done = try await devices.wait { $0.count == 1 && TwoDevices.areOver($0) }
            #expect(done.first?.status == "completed", "\(done)")
            #expect(try target.git("rev-parse", "offload/add-a-note^") == base)
            #expect(try target.git("rev-parse", "HEAD") == own, "nothing else of the target's repository moved")
            let names = try target.git("diff", "--name-only", "offload/add-a-note^", "offload/add-a-note")
            #expect(names == "notes.md\n")
            try target.git("fsck", "--strict")
        }
    }

    @Test("A task is cancelled where it runs, waits, or is on its way, and the source says how many processes ended")
    func cancels() async throws {
        try await TwoDevices.with(target: ["OFFLOAD_SLOTS": "1"]) { devices in
            _ = try await devices.meet()
            let ideas = try await devices.write([
                ("Think for ever", sample("say thinking", "hang")), ("Wait", sample("append a.md | x")),
            ])
            try await devices.queue(ideas)
            let tasks = try await devices.wait { $0.contains { $0.status == "running" } }
            let running = try #require(tasks.first { $0.status == "running" })
            let waiting = try #require(tasks.first { $0.taskId != running.taskId })
            for id in [waiting.taskId, running.taskId] {
                let _: TaskView = try await devices.source.with {
                    try await $0.post("/api/bridge/tasks/\(id)/cancel")
                }
            }
            let ended = try await devices.wait { TwoDevices.areOver($0) }
            #expect(ended.map(\.status) == ["cancelled", "cancelled"])
            let task: TaskView = try await devices.source.with {
                try await $0.get("/api/bridge/tasks/\(running.taskId)")
            }
            #expect(task.attempts.last?.status == "cancelled" && task.attempts.last?.processesEnded ?? 0 >= 0)
            #expect(try await TwoDevices.tasks(of: devices.target).allSatisfy { $0.status == "cancelled" })
            #expect(
                Survivors.carrying("OFFLOAD_DATA_DIR=\(devices.target.dataFolder)").allSatisfy { $0.contains(" serve") }
            )
        }
    }

    @Test("What can't be queued is refused with the reason, and twice is the same as once")
    func queuing() async throws {
        try await TwoDevices.with(target: ["OFFLOAD_AUTO_ASSIGN": "false"]) { devices in
            let ideas = try await devices.write([("One", sample("append a.md | x")), ("Two", "")])
            await #expect(throws: OffloadError.self) { try await devices.queue([ideas[0]]) }
            let pair = try await devices.meet()
            await #expect(throws: OffloadError.self) { try await devices.queue([ideas[0]], to: "x-none") }
            let (first, again) = (
                try await devices.queue([ideas[0], "i-none"], to: pair.devicePairId),
                try await devices.queue([ideas[0]])
            )
            #expect(first.queued == 1 && first.refused.map(\.ideaId) == ["i-none"])
            #expect(again.queued == 1 && again.requirements.map(\.content) == first.requirements.map(\.content))
            // Taken over, and started by nobody: a person has to.
            _ = try await devices.wait { $0.first?.status == "synced" }
            let waiting = try await TwoDevices.tasks(of: devices.target)
            #expect(waiting.map(\.status) == ["pending"])
            let _: BatchView = try await devices.target.with {
                try await $0.post("/api/bridge/batches/batch1/control", ActionRequest(action: "start"))
            }
            let done = try await devices.wait { TwoDevices.areOver($0) }
            #expect(done.map(\.status) == ["completed"])
        }
    }

    @Test("Ending a pair hands its unfinished tasks back and ends their agents", arguments: ["source", "target"])
    func handsBack(_ side: String) async throws {
        try await TwoDevices.with { devices in
            let pair = try await devices.meet()
            let ideas = try await devices.write([("Think for ever", sample("hang"))])
            try await devices.queue(ideas)
            _ = try await devices.wait { $0.first?.status == "running" }
            try await (side == "source" ? devices.source : devices.target).with { client in
                let _: DoneView = try await client.post(
                    "/api/bridge/offload/disconnect", DisconnectRequest(devicePairId: pair.devicePairId))
            }
            let back = try await devices.wait { $0.first?.status == "pending" }
            #expect(back.first?.devicePairId == nil, "it waits for whichever device asks first")
            while try await TwoDevices.tasks(of: devices.target).contains(where: { $0.status == "running" }) {}
            #expect(try await TwoDevices.tasks(of: devices.target).map(\.status) == ["cancelled"])
            // The same device may have it again, as its next attempt.
            _ = try await devices.pair()
            let again = try await devices.wait { $0.first?.status == "running" }
            #expect(again.first?.attempt == 2)
        }
    }
}
